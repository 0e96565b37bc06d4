import { describe, expect, it } from 'vitest';
import type { ReportModel } from '../../../insight/index.ts';
import { callTool } from '../fixtures/call-tool.ts';
import { historyOf } from '../fixtures/fake-logs.ts';
import { recordedApplication } from '../fixtures/recorded.ts';
import { getReportView } from './get-report-view.ts';

describe('get_report_view', () => {
  it('gives a view everything that it shows of one application [report.view-data]', async () => {
    const application = await recordedApplication('4.3/orders-sql');
    const result = await callTool(getReportView, historyOf(application), { app_id: application.appId });
    const report = result.report as unknown as ReportModel;
    expect([report.format, report.header.appId]).toEqual([1, application.appId]);
    expect(report.stages.total).toBe(application.stages.filter(({ status }) => status !== 'SKIPPED').length);
    expect(report.plans.items.length).toBeGreaterThan(0);
    expect(report.occupancy?.cores.length).toBe(60);
  });

  it('is for views alone [report.view-data]', () => {
    expect([getReportView.audience, getReportView.risk]).toEqual(['view', 'read']);
  });
});
