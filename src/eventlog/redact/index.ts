/** What may leave an event log: secrets, literals of SQL, names of people and machines masked. */
export { redactApplication } from './redact-application.ts';
export { redactDetails } from './redact-details.ts';
export { createHeadlineRedactor } from './redact-headline.ts';
export { createRedactors, type Redactor } from './redactor.ts';
