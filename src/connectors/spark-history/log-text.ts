export { firstLine, labelLog, quoteLog, quoteLogOrNull } from '../../kernel/log-text.ts';
