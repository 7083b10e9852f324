/** Answers by class of status since the door opened: index 2 counts 2xx. */
export type AnswerCounts = number[];

export const newAnswerCounts = (): AnswerCounts => [0, 0, 0, 0, 0, 0];
