import type { Answer, Question } from '../../kernel/tool.ts';

/** Thrown out of a handler by `context.ask` when the answer is not there yet. The face that can ask turns it into its protocol's question. */
export class InputNeeded extends Error {
  readonly question: Question;

  constructor(question: Question) {
    super(`The call waits for an answer to ${question.key}.`);
    this.name = 'InputNeeded';
    this.question = question;
  }
}

/** An `ask` over the answers that came with this run of the handler. */
export function askFrom(answerTo: (question: Question) => Answer | undefined): (question: Question) => Promise<Answer> {
  return async (question) => {
    const answer = answerTo(question);
    if (answer === undefined) throw new InputNeeded(question);
    return answer;
  };
}
