const FORM = /^run-.{24}$/;

/** Name of the hidden service that code handed in to be run becomes. @param digest of what was handed in, `sha256:...` */
export const runName = (digest: string): string => `run-${digest.slice(7, 31)}`;

/** Whether a name is one of those: no deployment may have it, and no list of services shows it. */
export const isRunName = (service: string): boolean => FORM.test(service);

/** What policy is asked for calls of a service: running code that somebody hands in is another matter than calling what was deployed. */
export const callAction = (service: string): 'code.run' | 'service.call' =>
  isRunName(service) ? 'code.run' : 'service.call';
