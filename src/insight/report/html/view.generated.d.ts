/** The view of a report: a script that draws charts and makes tables sortable. Built from web/report. */
export declare const VIEW_SCRIPT: string;
/** The style of every report. */
export declare const VIEW_STYLE: string;
