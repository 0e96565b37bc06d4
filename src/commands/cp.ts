import { Command } from 'commander';
import { cpApplyCommand } from './cp/apply.ts';
import { cpDiffCommand } from './cp/diff.ts';
import { cpRollbackCommand } from './cp/rollback.ts';
import { cpStatusCommand } from './cp/status.ts';
import { cpValidateCommand } from './cp/validate.ts';
import { cpVersionsCommand } from './cp/versions.ts';
import type { Invocation } from './invocation.ts';

/** `headgate cp`: what a control plane that runs knows and does, over its REST API. */
export function cpCommand(invocation: Invocation): Command {
  const command = new Command('cp').description('look at and change the control plane that runs').helpCommand(false);
  for (const make of [
    cpStatusCommand,
    cpVersionsCommand,
    cpDiffCommand,
    cpApplyCommand,
    cpValidateCommand,
    cpRollbackCommand,
  ])
    command.addCommand(make(invocation));
  return command;
}
