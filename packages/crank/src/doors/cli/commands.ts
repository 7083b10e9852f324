import type { Command } from './command.ts';
import { createAccount, listAccounts } from './commands/accounts.ts';
import { deleteAlias, listAliases, setAlias } from './commands/aliases.ts';
import { listBudgets, removeBudget, setBudget } from './commands/budgets.ts';
import { call } from './commands/call.ts';
import { canary } from './commands/canary.ts';
import { carbon } from './commands/carbon.ts';
import { deploy } from './commands/deploy.ts';
import { describe } from './commands/describe.ts';
import { distill } from './commands/distill.ts';
import { getInvoice, listInvoices, makeInvoice } from './commands/invoices.ts';
import { addIssuer, listIssuers, removeIssuer } from './commands/issuers.ts';
import { approveJob, cancelJob, listJobs, rejectJob, showJob } from './commands/jobs.ts';
import { createKey, listKeys, revokeKey } from './commands/keys.ts';
import { checkpoint, rotateLogKey } from './commands/log.ts';
import { applyPolicy, listPolicies, removePolicy } from './commands/policies.ts';
import { decidePolicy, simulatePolicy } from './commands/policy-trials.ts';
import { listPrices, quote, removePrice, setPrice } from './commands/prices.ts';
import { detokenise, redact } from './commands/privacy.ts';
import { erase, exportReceipts, getReceipt, listReceipts, replayReceipt } from './commands/receipts.ts';
import { run } from './commands/run.ts';
import {
  addSchedule,
  listSchedules,
  pauseSchedule,
  removeSchedule,
  resumeSchedule,
  runSchedule,
  scheduleRuns,
} from './commands/schedules.ts';
import { generateSdk } from './commands/sdk.ts';
import { search } from './commands/search.ts';
import { listSecrets, removeSecret, setSecret } from './commands/secrets.ts';
import { release, remove, services } from './commands/services.ts';
import { listSlos, promises, removeSlo, setSlo } from './commands/slos.ts';
import { createToken, rotateTokenKey } from './commands/tokens.ts';
import { usage } from './commands/usage.ts';
import { verify } from './commands/verify-receipt.ts';
import { rollback, versions } from './commands/versions.ts';
import { addWebhook, listWebhooks, removeWebhook, webhookDeliveries } from './commands/webhooks.ts';
import { addWitness, leaveLog, listWitnesses, removeWitness, serveLog, witnessPolicy } from './commands/witness.ts';
import { archiveWorkspace, getFile, listFiles, putFile, removeFile } from './commands/workspace-files.ts';
import {
  createWorkspace,
  forgetSnapshot,
  listSnapshots,
  listWorkspaces,
  removeWorkspace,
  restoreSnapshot,
  setWorkspace,
  showWorkspace,
} from './commands/workspaces.ts';

/** The commands that ask a node. @param dataFolder of a node on this machine, should there be one */
export const commands = (dataFolder: () => string): Command[] => [
  deploy,
  distill,
  call,
  run,
  search,
  generateSdk,
  setSlo,
  listSlos,
  removeSlo,
  promises,
  carbon,
  listJobs,
  showJob,
  approveJob,
  rejectJob,
  cancelJob,
  services,
  describe,
  versions,
  rollback,
  canary,
  setAlias,
  listAliases,
  deleteAlias,
  release,
  remove,
  getReceipt,
  listReceipts,
  exportReceipts,
  replayReceipt,
  erase,
  verify(dataFolder),
  checkpoint,
  rotateLogKey,
  listWitnesses,
  addWitness,
  removeWitness,
  serveLog,
  leaveLog,
  witnessPolicy,
  createAccount,
  listAccounts,
  createKey,
  listKeys,
  revokeKey,
  createToken,
  rotateTokenKey,
  addIssuer,
  listIssuers,
  removeIssuer,
  setBudget,
  listBudgets,
  removeBudget,
  usage,
  setPrice,
  listPrices,
  removePrice,
  quote,
  makeInvoice,
  listInvoices,
  getInvoice,
  setSecret,
  listSecrets,
  removeSecret,
  createWorkspace,
  listWorkspaces,
  showWorkspace,
  setWorkspace,
  removeWorkspace,
  listFiles,
  getFile,
  putFile,
  removeFile,
  archiveWorkspace,
  listSnapshots,
  restoreSnapshot,
  forgetSnapshot,
  addSchedule,
  listSchedules,
  scheduleRuns,
  pauseSchedule,
  resumeSchedule,
  runSchedule,
  removeSchedule,
  addWebhook,
  listWebhooks,
  webhookDeliveries,
  removeWebhook,
  applyPolicy,
  listPolicies,
  removePolicy,
  decidePolicy,
  simulatePolicy,
  redact,
  detokenise,
];
