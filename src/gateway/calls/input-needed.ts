import { HeadgateError } from '../../kernel/errors.ts';
import type { Answer, Question } from '../../kernel/question.ts';
import type { Asker } from '../../kernel/tool.ts';

/** Thrown out of a handler by `context.ask` when an answer is not there yet. The face that can ask turns it into its protocol's question. */
export class InputNeeded extends Error {
  readonly questions: readonly Question[];

  constructor(questions: readonly Question[]) {
    super(`The call waits for an answer to ${questions.map(({ key }) => key).join(', ')}.`);
    this.name = 'InputNeeded';
    this.questions = questions;
  }
}

/** An asker over the answers that came with this run of the handler. `canAnswer` tells what the client is able to. */
export function askFrom(
  answerTo: (question: Question) => Answer | undefined,
  canAnswer: (question: Question) => boolean,
  answeredKeys: readonly string[],
): Asker {
  const all = async (questions: readonly Question[]): Promise<Record<string, Answer>> => {
    const unable = questions.find((question) => !canAnswer(question));
    if (unable !== undefined) {
      throw new HeadgateError('failed_precondition', `This client cannot answer ${unable.key}.`, {
        hint: 'Use a client that declares elicitation, sampling or roots, whichever is asked for.',
      });
    }
    const answers = questions.map((question) => [question.key, answerTo(question)] as const);
    const open = questions.filter((_question, index) => answers[index]?.[1] === undefined);
    if (open.length > 0) throw new InputNeeded(open);
    return Object.fromEntries(answers.flatMap(([key, answer]) => (answer === undefined ? [] : [[key, answer]])));
  };
  const ask = async (question: Question): Promise<Answer> => (await all([question]))[question.key] as Answer;
  const answered = (prefix: string) => answeredKeys.filter((key) => key.startsWith(prefix));
  return Object.assign(ask, { all, answered });
}
