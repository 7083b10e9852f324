"""Every operation of a node's API that the client has no way of its own for."""

# Written by `npm run check -- --write` from packages/crank/src: change it there.

from typing import Any

from ._ask import Asking


class Api(Asking):
    """Members of the path come first, then the body, then what stands in the query. A list that comes in pages has `cursor`."""

    def list_services(self, *, cursor: Any = None) -> Any:
        """Services at their latest version."""
        return self._ask("GET", "/v1/services", {}, {"cursor": cursor}, None)

    def describe_service(self, service: str, *, version: Any = None) -> Any:
        """One service with its operations."""
        return self._ask("GET", "/v1/services/{service}", {"service": service}, {"version": version}, None)

    def remove_service(self, service: str) -> Any:
        """Remove a service; its receipts stay."""
        return self._ask("DELETE", "/v1/services/{service}", {"service": service}, {}, None)

    def list_versions(self, service: str, *, cursor: Any = None) -> Any:
        """Versions, newest first."""
        return self._ask("GET", "/v1/services/{service}/-/versions", {"service": service}, {"cursor": cursor}, None)

    def describe_version(self, service: str, version: str) -> Any:
        """One version with its manifest."""
        return self._ask("GET", "/v1/services/{service}/-/versions/{version}", {"service": service, "version": version}, {}, None)

    def remove_version(self, service: str, version: str) -> Any:
        """Remove a version that nothing names; its receipts stay."""
        return self._ask("DELETE", "/v1/services/{service}/-/versions/{version}", {"service": service, "version": version}, {}, None)

    def list_aliases(self, service: str) -> Any:
        """Names of versions."""
        return self._ask("GET", "/v1/services/{service}/-/aliases", {"service": service}, {}, None)

    def set_alias(self, service: str, alias: str, body: Any) -> Any:
        """Let a name stand for a version that runs."""
        return self._ask("PUT", "/v1/services/{service}/-/aliases/{alias}", {"service": service, "alias": alias}, {}, body)

    def delete_alias(self, service: str, alias: str) -> Any:
        """Take a name away; the version stays."""
        return self._ask("DELETE", "/v1/services/{service}/-/aliases/{alias}", {"service": service, "alias": alias}, {}, None)

    def rollback(self, service: str, *, body: Any = None) -> Any:
        """Make an earlier version the latest; without one, undo the last change of what calls get."""
        return self._ask("POST", "/v1/services/{service}/-/rollback", {"service": service}, {}, body)

    def describe_canary(self, service: str) -> Any:
        """The canary beside the latest version, by recorded calls."""
        return self._ask("GET", "/v1/services/{service}/-/canary", {"service": service}, {}, None)

    def set_canary(self, service: str, body: Any) -> Any:
        """Give a version a share of the calls, or change it."""
        return self._ask("PUT", "/v1/services/{service}/-/canary", {"service": service}, {}, body)

    def abort_canary(self, service: str) -> Any:
        """The canary gets no share of the calls any more."""
        return self._ask("DELETE", "/v1/services/{service}/-/canary", {"service": service}, {}, None)

    def promote_canary(self, service: str) -> Any:
        """The canary becomes the latest version."""
        return self._ask("POST", "/v1/services/{service}/-/canary/promote", {"service": service}, {}, None)

    def list_prices(self, service: str) -> Any:
        """What the service charges, and did."""
        return self._ask("GET", "/v1/services/{service}/-/prices", {"service": service}, {}, None)

    def set_price(self, service: str, body: Any) -> Any:
        """What it charges from a moment on."""
        return self._ask("POST", "/v1/services/{service}/-/prices", {"service": service}, {}, body)

    def remove_price(self, service: str, price: str) -> Any:
        """Take back a price that is not in force yet."""
        return self._ask("DELETE", "/v1/services/{service}/-/prices/{price}", {"service": service, "price": price}, {}, None)

    def describe_terms(self, service: str, *, operation: Any = None, version: Any = None) -> Any:
        """What a call costs; nothing is held to it."""
        return self._ask("GET", "/v1/services/{service}/-/quote", {"service": service}, {"operation": operation, "version": version}, None)

    def make_quote(self, service: str, body: Any) -> Any:
        """What calls cost at most until the quote expires (header Crank-Quote)."""
        return self._ask("POST", "/v1/services/{service}/-/quote", {"service": service}, {}, body)

    def release_version(self, service: str, version: Any) -> Any:
        """Let a version run again that broke the rules of its sandbox."""
        return self._ask("DELETE", "/v1/services/{service}/-/quarantine", {"service": service}, {"version": version}, None)

    def describe_service_of(self, account: str, service: str, *, version: Any = None) -> Any:
        """One service with its operations."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}", {"account": account, "service": service}, {"version": version}, None)

    def remove_service_of(self, account: str, service: str) -> Any:
        """Remove a service; its receipts stay."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}", {"account": account, "service": service}, {}, None)

    def list_versions_of(self, account: str, service: str, *, cursor: Any = None) -> Any:
        """Versions, newest first."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/versions", {"account": account, "service": service}, {"cursor": cursor}, None)

    def describe_version_of(self, account: str, service: str, version: str) -> Any:
        """One version with its manifest."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/versions/{version}", {"account": account, "service": service, "version": version}, {}, None)

    def remove_version_of(self, account: str, service: str, version: str) -> Any:
        """Remove a version that nothing names; its receipts stay."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}/-/versions/{version}", {"account": account, "service": service, "version": version}, {}, None)

    def list_aliases_of(self, account: str, service: str) -> Any:
        """Names of versions."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/aliases", {"account": account, "service": service}, {}, None)

    def set_alias_of(self, account: str, service: str, alias: str, body: Any) -> Any:
        """Let a name stand for a version that runs."""
        return self._ask("PUT", "/v1/accounts/{account}/services/{service}/-/aliases/{alias}", {"account": account, "service": service, "alias": alias}, {}, body)

    def delete_alias_of(self, account: str, service: str, alias: str) -> Any:
        """Take a name away; the version stays."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}/-/aliases/{alias}", {"account": account, "service": service, "alias": alias}, {}, None)

    def rollback_of(self, account: str, service: str, *, body: Any = None) -> Any:
        """Make an earlier version the latest; without one, undo the last change of what calls get."""
        return self._ask("POST", "/v1/accounts/{account}/services/{service}/-/rollback", {"account": account, "service": service}, {}, body)

    def describe_canary_of(self, account: str, service: str) -> Any:
        """The canary beside the latest version, by recorded calls."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/canary", {"account": account, "service": service}, {}, None)

    def set_canary_of(self, account: str, service: str, body: Any) -> Any:
        """Give a version a share of the calls, or change it."""
        return self._ask("PUT", "/v1/accounts/{account}/services/{service}/-/canary", {"account": account, "service": service}, {}, body)

    def abort_canary_of(self, account: str, service: str) -> Any:
        """The canary gets no share of the calls any more."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}/-/canary", {"account": account, "service": service}, {}, None)

    def promote_canary_of(self, account: str, service: str) -> Any:
        """The canary becomes the latest version."""
        return self._ask("POST", "/v1/accounts/{account}/services/{service}/-/canary/promote", {"account": account, "service": service}, {}, None)

    def list_prices_of(self, account: str, service: str) -> Any:
        """What the service charges, and did."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/prices", {"account": account, "service": service}, {}, None)

    def set_price_of(self, account: str, service: str, body: Any) -> Any:
        """What it charges from a moment on."""
        return self._ask("POST", "/v1/accounts/{account}/services/{service}/-/prices", {"account": account, "service": service}, {}, body)

    def remove_price_of(self, account: str, service: str, price: str) -> Any:
        """Take back a price that is not in force yet."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}/-/prices/{price}", {"account": account, "service": service, "price": price}, {}, None)

    def describe_terms_of(self, account: str, service: str, *, operation: Any = None, version: Any = None) -> Any:
        """What a call costs; nothing is held to it."""
        return self._ask("GET", "/v1/accounts/{account}/services/{service}/-/quote", {"account": account, "service": service}, {"operation": operation, "version": version}, None)

    def make_quote_of(self, account: str, service: str, body: Any) -> Any:
        """What calls cost at most until the quote expires (header Crank-Quote)."""
        return self._ask("POST", "/v1/accounts/{account}/services/{service}/-/quote", {"account": account, "service": service}, {}, body)

    def release_version_of(self, account: str, service: str, version: Any) -> Any:
        """Let a version run again that broke the rules of its sandbox."""
        return self._ask("DELETE", "/v1/accounts/{account}/services/{service}/-/quarantine", {"account": account, "service": service}, {"version": version}, None)

    def list_calls(self, *, cursor: Any = None, service: Any = None, since: Any = None) -> Any:
        """Calls, newest first."""
        return self._ask("GET", "/v1/calls", {}, {"cursor": cursor, "service": service, "since": since}, None)

    def get_call(self, id: str) -> Any:
        """What a call printed, took and cost."""
        return self._ask("GET", "/v1/calls/{id}", {"id": id}, {}, None)

    def list_receipts(self, *, cursor: Any = None, from_: Any = None, to: Any = None, kind: Any = None, service: Any = None) -> Any:
        """Receipts of calls and acts, newest first."""
        return self._ask("GET", "/v1/receipts", {}, {"cursor": cursor, "from": from_, "to": to, "kind": kind, "service": service}, None)

    def export_receipts(self, *, from_: Any = None, to: Any = None, kind: Any = None, service: Any = None, since: Any = None) -> Any:
        """Receipts of a period as one archive, with what proves them."""
        return self._ask("GET", "/v1/receipts/-/export", {}, {"from": from_, "to": to, "kind": kind, "service": service, "since": since}, None)

    def replay_receipt(self, id: str) -> Any:
        """Run a call again on the input that was kept, and compare."""
        return self._ask("POST", "/v1/receipts/{id}/replay", {"id": id}, {}, None)

    def erase(self, body: Any) -> Any:
        """Destroy what is kept of a subject's data; receipts stay, and verify."""
        return self._ask("POST", "/v1/erasures", {}, {}, body)

    def receipt_schema(self, kind: str) -> Any:
        """JSON Schema of what a receipt states."""
        return self._ask("GET", "/schemas/receipt/{kind}/v1", {"kind": kind}, {}, None)

    def get_receipt(self, id: str) -> Any:
        """The receipt of a call or an administrative act; it verifies offline."""
        return self._ask("GET", "/v1/receipts/{id}", {"id": id}, {}, None)

    def describe_me(self) -> Any:
        """Who you are to this node, and what you may do."""
        return self._ask("GET", "/v1/me", {}, {}, None)

    def list_keys(self) -> Any:
        """Keys of the account, without their secrets."""
        return self._ask("GET", "/v1/keys", {}, {}, None)

    def create_key(self, body: Any) -> Any:
        """Make an API key."""
        return self._ask("POST", "/v1/keys", {}, {}, body)

    def revoke_key(self, id: str) -> Any:
        """Refuse a key from now on."""
        return self._ask("DELETE", "/v1/keys/{id}", {"id": id}, {}, None)

    def list_accounts(self) -> Any:
        """Accounts of the node; for its operators."""
        return self._ask("GET", "/v1/accounts", {}, {}, None)

    def create_account(self, body: Any) -> Any:
        """Make an account with the key of its owner; for operators of the node."""
        return self._ask("POST", "/v1/accounts", {}, {}, body)

    def create_token(self, *, body: Any = None) -> Any:
        """Mint a short-lived token from your key."""
        return self._ask("POST", "/v1/tokens", {}, {}, body)

    def rotate_token_key(self, *, body: Any = None) -> Any:
        """Have tokens signed by a new key; for operators of the node."""
        return self._ask("POST", "/v1/tokens/rotate-key", {}, {}, body)

    def token_keys(self) -> Any:
        """Keys that tokens of this node verify with (RFC 7517)."""
        return self._ask("GET", "/.well-known/jwks.json", {}, {}, None)

    def resource_metadata(self) -> Any:
        """Where tokens for this node come from (RFC 9728)."""
        return self._ask("GET", "/.well-known/oauth-protected-resource", {}, {}, None)

    def list_issuers(self) -> Any:
        """Issuers whose tokens the account takes."""
        return self._ask("GET", "/v1/issuers", {}, {}, None)

    def add_issuer(self, body: Any) -> Any:
        """Take tokens of an OpenID provider, for those whose claims are as said."""
        return self._ask("POST", "/v1/issuers", {}, {}, body)

    def remove_issuer(self, id: str) -> Any:
        """Take its tokens no more, from now on."""
        return self._ask("DELETE", "/v1/issuers/{id}", {"id": id}, {}, None)

    def list_policies(self) -> Any:
        """Bundles in force."""
        return self._ask("GET", "/v1/policies", {}, {}, None)

    def put_policy(self, body: Any) -> Any:
        """Add or replace one bundle of Rego."""
        return self._ask("PUT", "/v1/policies", {}, {}, body)

    def apply_policy(self, body: Any) -> Any:
        """Add or replace one bundle of Rego."""
        return self._ask("POST", "/v1/policies", {}, {}, body)

    def decide_policy(self, body: Any) -> Any:
        """What policy would say of a call, rule by rule; nothing runs."""
        return self._ask("POST", "/v1/policies/-/decide", {}, {}, body)

    def simulate_policy(self, body: Any) -> Any:
        """What a bundle would have changed on the newest calls."""
        return self._ask("POST", "/v1/policies/-/simulate", {}, {}, body)

    def remove_policy(self, name: str, *, layer: Any = None) -> Any:
        """Take a bundle out of force."""
        return self._ask("DELETE", "/v1/policies/{name}", {"name": name}, {"layer": layer}, None)

    def list_jobs(self, *, state: Any = None, service: Any = None, cursor: Any = None) -> Any:
        """Jobs, newest first."""
        return self._ask("GET", "/v1/jobs", {}, {"state": state, "service": service, "cursor": cursor}, None)

    def get_job(self, id: str) -> Any:
        """How far a job is."""
        return self._ask("GET", "/v1/jobs/{id}", {"id": id}, {}, None)

    def cancel_job(self, id: str) -> Any:
        """End a job; of one that has ended, delete the result."""
        return self._ask("DELETE", "/v1/jobs/{id}", {"id": id}, {}, None)

    def approve_job(self, id: str, *, body: Any = None) -> Any:
        """Let a call run that waits for the approval of a second principal."""
        return self._ask("POST", "/v1/jobs/{id}/approve", {"id": id}, {}, body)

    def reject_job(self, id: str, *, body: Any = None) -> Any:
        """End a call that waits for approval."""
        return self._ask("POST", "/v1/jobs/{id}/reject", {"id": id}, {}, body)

    def get_job_result(self, id: str) -> Any:
        """What the call came to, as it would have been answered."""
        return self._ask("GET", "/v1/jobs/{id}/result", {"id": id}, {}, None)

    def follow_job(self, id: str) -> Any:
        """Server-sent events: `job` whenever it moves on, `end` once it has ended, each with the job as data."""
        return self._ask("GET", "/v1/jobs/{id}/events", {"id": id}, {}, None)

    def list_budgets(self) -> Any:
        """Budgets of the account, and what is spent of them."""
        return self._ask("GET", "/v1/budgets", {}, {}, None)

    def create_budget(self, body: Any) -> Any:
        """Bound what an account, key, service or tag may spend."""
        return self._ask("POST", "/v1/budgets", {}, {}, body)

    def describe_budget(self, id: str) -> Any:
        """One budget."""
        return self._ask("GET", "/v1/budgets/{id}", {"id": id}, {}, None)

    def change_budget(self, id: str, body: Any) -> Any:
        """Change how much it is, and who is told."""
        return self._ask("PUT", "/v1/budgets/{id}", {"id": id}, {}, body)

    def remove_budget(self, id: str) -> Any:
        """Bound it no more."""
        return self._ask("DELETE", "/v1/budgets/{id}", {"id": id}, {}, None)

    def report_carbon(self, *, from_: Any = None, to: Any = None, zone: Any = None) -> Any:
        """Carbon of the services of the account and of their calls (ISO/IEC 21031), part by part."""
        return self._ask("GET", "/v1/carbon", {}, {"from": from_, "to": to, "zone": zone}, None)

    def report_usage(self, *, by: Any = None, side: Any = None, principal: Any = None, service: Any = None, format: Any = None, grain: Any = None, from_: Any = None, to: Any = None, zone: Any = None, cursor: Any = None) -> Any:
        """What was used, and what it cost: what the principal called, or all of the account where it may see that."""
        return self._ask("GET", "/v1/usage", {}, {"by": by, "side": side, "principal": principal, "service": service, "format": format, "grain": grain, "from": from_, "to": to, "zone": zone, "cursor": cursor}, None)

    def report_accounts(self, *, grain: Any = None, from_: Any = None, to: Any = None, zone: Any = None, cursor: Any = None) -> Any:
        """Totals of the node's accounts, for those who run it."""
        return self._ask("GET", "/v1/accounts/-/usage", {}, {"grain": grain, "from": from_, "to": to, "zone": zone, "cursor": cursor}, None)

    def list_slos(self) -> Any:
        """Objectives of the services of the account, and how fast their error budgets go."""
        return self._ask("GET", "/v1/slos", {}, {}, None)

    def set_slo(self, service: str, objective: str, body: Any) -> Any:
        """Promise something of a service, and be told when that is at risk."""
        return self._ask("PUT", "/v1/slos/{service}/{objective}", {"service": service, "objective": objective}, {}, body)

    def remove_slo(self, service: str, objective: str) -> Any:
        """Promise it no more."""
        return self._ask("DELETE", "/v1/slos/{service}/{objective}", {"service": service, "objective": objective}, {}, None)

    def read_promises(self) -> Any:
        """What the platform promises of each service, as it is kept: response, size, power, deployment."""
        return self._ask("GET", "/v1/promises", {}, {}, None)

    def list_invoices(self) -> Any:
        """Invoices of the account, newest first."""
        return self._ask("GET", "/v1/invoices", {}, {}, None)

    def make_invoice(self, body: Any) -> Any:
        """Make the invoice of a month that is over."""
        return self._ask("POST", "/v1/invoices", {}, {}, body)

    def get_invoice(self, id: str, *, format: Any = None) -> Any:
        """One invoice, also as CSV or PDF."""
        return self._ask("GET", "/v1/invoices/{id}", {"id": id}, {"format": format}, None)

    def list_secrets(self) -> Any:
        """Secrets of the account, without their values."""
        return self._ask("GET", "/v1/secrets", {}, {}, None)

    def set_secret(self, body: Any) -> Any:
        """Set a secret, or give it another value."""
        return self._ask("POST", "/v1/secrets", {}, {}, body)

    def describe_secret(self, name: str) -> Any:
        """What can be known of a secret."""
        return self._ask("GET", "/v1/secrets/{name}", {"name": name}, {}, None)

    def put_secret(self, name: str, body: Any) -> Any:
        """Set a secret, or give it another value."""
        return self._ask("PUT", "/v1/secrets/{name}", {"name": name}, {}, body)

    def remove_secret(self, name: str) -> Any:
        """Take a secret away: calls that ask for it are refused."""
        return self._ask("DELETE", "/v1/secrets/{name}", {"name": name}, {}, None)

    def detokenise(self, body: Any) -> Any:
        """What tokens of the account stand for; it is logged who asked."""
        return self._ask("POST", "/v1/detokenise", {}, {}, body)

    def list_workspaces(self) -> Any:
        """Workspaces of the account."""
        return self._ask("GET", "/v1/workspaces", {}, {}, None)

    def create_workspace(self, body: Any) -> Any:
        """Make an empty workspace."""
        return self._ask("POST", "/v1/workspaces", {}, {}, body)

    def describe_workspace(self, name: str) -> Any:
        """What can be known of a workspace, with the digest of its state."""
        return self._ask("GET", "/v1/workspaces/{name}", {"name": name}, {}, None)

    def set_workspace(self, name: str, body: Any) -> Any:
        """Change its quota, or what is kept."""
        return self._ask("PATCH", "/v1/workspaces/{name}", {"name": name}, {}, body)

    def remove_workspace(self, name: str) -> Any:
        """Remove it with all that is in it: its key is destroyed."""
        return self._ask("DELETE", "/v1/workspaces/{name}", {"name": name}, {}, None)

    def list_workspace_files(self, name: str, *, path: Any = None, deep: Any = None, after: Any = None, snapshot: Any = None) -> Any:
        """What is in a folder of it, 1,000 at a time."""
        return self._ask("GET", "/v1/workspaces/{name}/files", {"name": name}, {"path": path, "deep": deep, "after": after, "snapshot": snapshot}, None)

    def get_workspace_file(self, name: str, path: str, *, snapshot: Any = None) -> Any:
        """A file of it. Links are not followed."""
        return self._ask("GET", "/v1/workspaces/{name}/files/{path}", {"name": name, "path": path}, {"snapshot": snapshot}, None)

    def put_workspace_file(self, name: str, path: str, body: Any, *, executable: Any = None) -> Any:
        """Put a file into it, with the folders on its way: all of it, or nothing."""
        return self._ask("PUT", "/v1/workspaces/{name}/files/{path}", {"name": name, "path": path}, {"executable": executable}, body)

    def remove_workspace_file(self, name: str, path: str) -> Any:
        """Remove a file or folder of it."""
        return self._ask("DELETE", "/v1/workspaces/{name}/files/{path}", {"name": name, "path": path}, {}, None)

    def archive_workspace(self, name: str, *, snapshot: Any = None) -> Any:
        """All of it, as a tar archive."""
        return self._ask("GET", "/v1/workspaces/{name}/archive", {"name": name}, {"snapshot": snapshot}, None)

    def list_snapshots(self, name: str) -> Any:
        """Its states, the current one first."""
        return self._ask("GET", "/v1/workspaces/{name}/snapshots", {"name": name}, {}, None)

    def forget_snapshot(self, name: str, number: str) -> Any:
        """Take an earlier state away, with what only it has."""
        return self._ask("DELETE", "/v1/workspaces/{name}/snapshots/{number}", {"name": name, "number": number}, {}, None)

    def restore_snapshot(self, name: str, number: str) -> Any:
        """Make an earlier state the current one."""
        return self._ask("POST", "/v1/workspaces/{name}/snapshots/{number}/restore", {"name": name, "number": number}, {}, None)

    def list_schedules(self) -> Any:
        """Schedules of the account, with their next instants."""
        return self._ask("GET", "/v1/schedules", {}, {}, None)

    def create_schedule(self, body: Any) -> Any:
        """Call an operation by the clock."""
        return self._ask("POST", "/v1/schedules", {}, {}, body)

    def describe_schedule(self, id: str) -> Any:
        """One schedule."""
        return self._ask("GET", "/v1/schedules/{id}", {"id": id}, {}, None)

    def remove_schedule(self, id: str) -> Any:
        """Remove a schedule; its calls and receipts stay."""
        return self._ask("DELETE", "/v1/schedules/{id}", {"id": id}, {}, None)

    def list_schedule_runs(self, id: str, *, cursor: Any = None) -> Any:
        """Firings of a schedule, newest first."""
        return self._ask("GET", "/v1/schedules/{id}/runs", {"id": id}, {"cursor": cursor}, None)

    def pause_schedule(self, id: str) -> Any:
        """Fire no more until it is resumed."""
        return self._ask("POST", "/v1/schedules/{id}/pause", {"id": id}, {}, None)

    def resume_schedule(self, id: str) -> Any:
        """Fire again, in the name of the key that resumes it."""
        return self._ask("POST", "/v1/schedules/{id}/resume", {"id": id}, {}, None)

    def run_schedule(self, id: str) -> Any:
        """Fire it now."""
        return self._ask("POST", "/v1/schedules/{id}/run", {"id": id}, {}, None)

    def list_webhooks(self) -> Any:
        """Webhooks of the account, without their secrets."""
        return self._ask("GET", "/v1/webhooks", {}, {}, None)

    def create_webhook(self, body: Any) -> Any:
        """Make an address at which deliveries become calls of an operation."""
        return self._ask("POST", "/v1/webhooks", {}, {}, body)

    def describe_webhook(self, id: str) -> Any:
        """One webhook."""
        return self._ask("GET", "/v1/webhooks/{id}", {"id": id}, {}, None)

    def remove_webhook(self, id: str) -> Any:
        """Remove a webhook; its calls and receipts stay."""
        return self._ask("DELETE", "/v1/webhooks/{id}", {"id": id}, {}, None)

    def list_deliveries(self, id: str) -> Any:
        """The last hundred deliveries, newest first."""
        return self._ask("GET", "/v1/webhooks/{id}/deliveries", {"id": id}, {}, None)

    def log_checkpoint(self) -> Any:
        """The log's signed head (C2SP checkpoint)."""
        return self._ask("GET", "/log/checkpoint", {}, {}, None)

    def log_key(self) -> Any:
        """The log's verifier key (C2SP signed-note)."""
        return self._ask("GET", "/log/vkey", {}, {}, None)

    def log_tile(self, tile: str) -> Any:
        """A tile of the log (C2SP tlog-tiles); the path has further components."""
        return self._ask("GET", "/log/tile/{tile}", {"tile": tile}, {}, None)

    def log_keys(self) -> Any:
        """All verifier keys that the log has had, the one in use first."""
        return self._ask("GET", "/log/vkeys", {}, {}, None)

    def log_handovers(self) -> Any:
        """Receipts of the log's changes of key, one a line: with one key pinned they vouch for the others."""
        return self._ask("GET", "/log/handovers", {}, {}, None)

    def log_witnessed(self) -> Any:
        """The newest signed head that witnesses cosigned (C2SP tlog-cosignature)."""
        return self._ask("GET", "/log/witnessed", {}, {}, None)

    def rotate_log_key(self) -> Any:
        """Hand the log over to a new signing key; old receipts keep verifying."""
        return self._ask("POST", "/v1/log/rotate-key", {}, {}, None)

    def list_witnesses(self) -> Any:
        """Witnesses of the node's log, logs that it is a witness of, and alarms."""
        return self._ask("GET", "/v1/log/witnesses", {}, {}, None)

    def ask_witness(self, body: Any) -> Any:
        """Have a witness cosign the node's log."""
        return self._ask("POST", "/v1/log/witnesses", {}, {}, body)

    def drop_witness(self, *, vkey: Any = None) -> Any:
        """Ask a witness no more."""
        return self._ask("DELETE", "/v1/log/witnesses", {}, {"vkey": vkey}, None)

    def serve_log(self, body: Any) -> Any:
        """Make the node a witness of a log, or tell it another key of one."""
        return self._ask("POST", "/v1/log/witnessed", {}, {}, body)

    def leave_log(self, *, origin: Any = None) -> Any:
        """Be a witness of a log no more; what was cosigned is remembered."""
        return self._ask("DELETE", "/v1/log/witnessed", {}, {"origin": origin}, None)

    def witness_key(self) -> Any:
        """The node's verifier key as a witness."""
        return self._ask("GET", "/witness/vkey", {}, {}, None)

    def add_checkpoint(self, body: Any) -> Any:
        """Ask for a cosignature (C2SP tlog-witness)."""
        return self._ask("POST", "/witness/add-checkpoint", {}, {}, body)

    def witnessed_checkpoint(self, hash: str) -> Any:
        """The newest checkpoint of a log that the node cosigned."""
        return self._ask("GET", "/witness/{hash}/checkpoint", {"hash": hash}, {}, None)

    def health(self) -> Any:
        """Whether the process answers."""
        return self._ask("GET", "/healthz", {}, {}, None)

    def live(self) -> Any:
        """Whether the process answers: restart it where it does not."""
        return self._ask("GET", "/livez", {}, {}, None)

    def ready(self) -> Any:
        """Whether the node takes calls, and what is wrong with it."""
        return self._ask("GET", "/readyz", {}, {}, None)

    def metrics(self) -> Any:
        """Figures in Prometheus' format, or OpenMetrics where `Accept` asks for it; with a key, those of its account too."""
        return self._ask("GET", "/metrics", {}, {}, None)

    def openapi(self) -> Any:
        """This document; with a key, the operations of its account too."""
        return self._ask("GET", "/openapi.json", {}, {}, None)

    def promote_code(self, version: str, body: Any) -> Any:
        """Make a service of code that was run."""
        return self._ask("POST", "/v1/run/{version}/promote", {"version": version}, {}, body)

    def search(self, *, q: Any = None, takes: Any = None, gives: Any = None, limit: Any = None) -> Any:
        """Find operations that you may call, the best first."""
        return self._ask("GET", "/v1/search", {}, {"q": q, "takes": takes, "gives": gives, "limit": limit}, None)

    def api_catalog(self) -> Any:
        """Where the documents of this node are (RFC 9727)."""
        return self._ask("GET", "/.well-known/api-catalog", {}, {}, None)

    def mcp_server(self) -> Any:
        """This node as an entry of an MCP registry."""
        return self._ask("GET", "/.well-known/mcp/server.json", {}, {}, None)

    def docs(self) -> Any:
        """Documentation for people."""
        return self._ask("GET", "/docs", {}, {}, None)

    def llms(self) -> Any:
        """Documentation for language models."""
        return self._ask("GET", "/llms.txt", {}, {}, None)
