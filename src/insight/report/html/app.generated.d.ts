/** What speaks to the chat client that frames a report. Built from web/report. */
export declare const APP_SCRIPT: string;
