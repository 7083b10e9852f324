import { type ChatOptions, chatTeacher } from '../teacher/chat-teacher.ts';
import type { Task, Teacher } from '../teacher/task.ts';
import type { Desk } from './asking.ts';
import { type Purse, putQuestion } from './labelling.ts';

/** The teacher in both wordings. */
export const teachersOf = (task: Task, options: Omit<ChatOptions, 'wording'>): Record<'first' | 'second', Teacher> => ({
  first: chatTeacher(task, { ...options, wording: 'first' }),
  second: chatTeacher(task, { ...options, wording: 'second' }),
});

/** A desk in this process, whose steps are committed by being written. */
export const localDesk = (task: Task, options: Omit<ChatOptions, 'wording'>, purse: Purse): Desk => {
  const teachers = teachersOf(task, options);
  return {
    batch: options.batch,
    most: (wording, asks) => teachers[wording].most(asks),
    put: (wording, question) => putQuestion(teachers[wording], purse, question),
  };
};
