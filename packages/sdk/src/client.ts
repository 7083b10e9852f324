import { type Api, apiOf } from './api.ts';
import type { CallOptions } from './call-options.ts';
import type { CallResult } from './call-result.ts';
import type { CallStream } from './call-stream.ts';
import { Caller, codeCall, operationCall, type RunRequest, type StreamOptions } from './caller.ts';
import type { FileInput } from './form.ts';
import type { CrankJob } from './job.ts';
import {
  accountsOf,
  budgetsOf,
  issuersOf,
  keysOf,
  meOf,
  policiesOf,
  privacyOf,
  secretsOf,
  slosOf,
  tokensOf,
  usageOf,
} from './resources/access.ts';
import { schedulesOf, webhooksOf, workspacesOf } from './resources/automation.ts';
import { callsOf, jobsOf, logOf, receiptsOf } from './resources/history.ts';
import { type DeployFile, servicesOf } from './resources/services.ts';
import { Transport, type TransportOptions } from './transport.ts';
import type { Trust } from './trust.ts';

export interface ClientOptions extends TransportOptions {
  /** What every call's receipt is held against, with the bytes that were sent and answered. */
  verify?: Trust | undefined;
}

/** Files beside those among the arguments, by parameter, several where it takes a list. */
export interface WithFiles {
  files?: Readonly<Record<string, FileInput | readonly FileInput[]>> | undefined;
}

/**
 * A client of one node, for Node and browsers. Services are named `[ACCOUNT/]SERVICE[@VERSION]`. A `Blob`, `File` or `Uint8Array`
 * among the arguments is sent as a file.
 *
 * Everything that asks the node throws a CrankError: InvalidRequest, Refused, ServiceFailed, Unreachable or NodeFailed.
 */
export class CrankClient {
  readonly #caller: Caller;
  /** Address of the node. */
  readonly url: string;
  /** Any operation of the API by its `operationId`, for what has no method of its own. */
  readonly request: Api;
  readonly services: ReturnType<typeof servicesOf>;
  readonly calls: ReturnType<typeof callsOf>;
  readonly jobs: ReturnType<typeof jobsOf>;
  readonly receipts: ReturnType<typeof receiptsOf>;
  readonly log: ReturnType<typeof logOf>;
  /** Who the client is to the node, and what it may do. */
  readonly me: ReturnType<typeof meOf>;
  readonly keys: ReturnType<typeof keysOf>;
  readonly tokens: ReturnType<typeof tokensOf>;
  readonly issuers: ReturnType<typeof issuersOf>;
  readonly accounts: ReturnType<typeof accountsOf>;
  readonly policies: ReturnType<typeof policiesOf>;
  readonly secrets: ReturnType<typeof secretsOf>;
  readonly budgets: ReturnType<typeof budgetsOf>;
  readonly usage: ReturnType<typeof usageOf>;
  readonly slos: ReturnType<typeof slosOf>;
  readonly privacy: ReturnType<typeof privacyOf>;
  readonly schedules: ReturnType<typeof schedulesOf>;
  readonly webhooks: ReturnType<typeof webhooksOf>;
  readonly workspaces: ReturnType<typeof workspacesOf>;

  constructor(options: ClientOptions = {}) {
    const transport = new Transport(options);
    const caller = new Caller(transport, options.verify);
    const api = apiOf(transport);
    this.#caller = caller;
    this.url = transport.url;
    this.request = api;
    this.services = servicesOf(api, transport);
    this.calls = callsOf(api);
    this.jobs = jobsOf(api, transport);
    this.receipts = receiptsOf(api, transport, caller);
    this.log = logOf(api);
    this.me = meOf(api);
    this.keys = keysOf(api);
    this.tokens = tokensOf(api);
    this.issuers = issuersOf(api);
    this.accounts = accountsOf(api);
    this.policies = policiesOf(api);
    this.secrets = secretsOf(api);
    this.budgets = budgetsOf(api);
    this.usage = usageOf(api);
    this.slos = slosOf(api);
    this.privacy = privacyOf(api);
    this.schedules = schedulesOf(api);
    this.webhooks = webhooksOf(api);
    this.workspaces = workspacesOf(api);
  }

  /**
   * Runs an operation.
   *
   * @throws CrankError; NotVerified where its receipt does not hold; ApprovalNeeded where another principal has to let it run
   */
  call<T = unknown>(
    service: string,
    operation: string,
    args: object = {},
    options: CallOptions & WithFiles = {},
  ): Promise<CallResult<T>> {
    return this.#caller.call<T>(operationCall(service, operation, args, options.version, options.files), options);
  }

  /**
   * Runs an operation and gives the result's JSON text, digit for digit.
   *
   * @param args text is sent as it stands
   * @throws as `call`
   */
  callText(
    service: string,
    operation: string,
    args: object | string = {},
    options: CallOptions = {},
  ): Promise<CallResult<string>> {
    return this.#caller.text(operationCall(service, operation, args, options.version), options);
  }

  /** Runs a streaming operation; iterate over it. */
  stream<T = unknown>(
    service: string,
    operation: string,
    args: object = {},
    options: StreamOptions & WithFiles = {},
  ): CallStream<T> {
    return this.#caller.stream<T>(operationCall(service, operation, args, options.version, options.files), options);
  }

  /** Hands in a call as a job, which outlives the request and a restart of the node. @throws CrankError */
  submit<T = unknown>(
    service: string,
    operation: string,
    args: object = {},
    options: CallOptions & WithFiles = {},
  ): Promise<CrankJob<T>> {
    return this.#caller.submit<T>(operationCall(service, operation, args, options.version, options.files), options);
  }

  /** Runs code without deploying it. @throws as `call` */
  run<T = unknown>(request: RunRequest, options: CallOptions = {}): Promise<CallResult<T>> {
    return this.#caller.call<T>(codeCall(request), options);
  }

  /** Deploys a source. @throws InvalidRequest with `findings` where it cannot be */
  deploy(files: readonly DeployFile[], name?: string): ReturnType<CrankClient['services']['deploy']> {
    return this.services.deploy(files, name === undefined ? {} : { name });
  }
}
