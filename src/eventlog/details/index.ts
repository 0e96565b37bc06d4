export type { TaskAccumulable } from './detail-event.ts';
export { type ApplicationDetails, readDetails } from './read-details.ts';
