export { isSecretKey, REDACTED, redactProperty, redactText } from '../../kernel/redaction.ts';
