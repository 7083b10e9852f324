import { Component, lazy, type ReactNode, Suspense } from 'react';
import { Link, Route, Switch } from 'wouter';
import { Waiting } from './parts/loaded.tsx';
import { Empty, Head } from './parts/page.tsx';
import { Problem } from './parts/problem.tsx';
import { useGate, useSession } from './session/session.tsx';
import { SignIn } from './session/sign-in.tsx';
import { Shell } from './shell/shell.tsx';

const Home = lazy(async () => ({ default: (await import('./pages/home.tsx')).Home }));
const Services = lazy(async () => ({ default: (await import('./pages/services.tsx')).Services }));
const ServicePage = lazy(async () => ({ default: (await import('./pages/service.tsx')).ServicePage }));
const Deploy = lazy(async () => ({ default: (await import('./pages/deploy.tsx')).Deploy }));
const Calls = lazy(async () => ({ default: (await import('./pages/calls.tsx')).Calls }));
const Jobs = lazy(async () => ({ default: (await import('./pages/jobs.tsx')).Jobs }));
const CallPage = lazy(async () => ({ default: (await import('./pages/call.tsx')).CallPage }));
const Receipts = lazy(async () => ({ default: (await import('./pages/receipts.tsx')).Receipts }));
const Usage = lazy(async () => ({ default: (await import('./pages/usage.tsx')).Usage }));
const Keys = lazy(async () => ({ default: (await import('./pages/keys.tsx')).Keys }));
const Policies = lazy(async () => ({ default: (await import('./pages/policies.tsx')).Policies }));
const Budgets = lazy(async () => ({ default: (await import('./pages/budgets.tsx')).Budgets }));
const Secrets = lazy(async () => ({ default: (await import('./pages/secrets.tsx')).Secrets }));

export const App = () => {
  const { session, trying } = useGate();
  if (trying) return <Waiting what="Signing in …" />;
  if (session === undefined) return <SignIn />;
  return (
    <Shell>
      <Guard>
        <Suspense fallback={<Waiting what="Loading the page …" />}>
          <Pages />
        </Suspense>
      </Guard>
    </Shell>
  );
};

const Pages = () => (
  <Switch>
    <Route path="/">
      <Home />
    </Route>
    <Route path="/services">
      <Services />
    </Route>
    <Route path="/services/:service/:operation?">
      {({ service, operation }) => <ServicePage key={service} name={service} operation={operation} />}
    </Route>
    <Route path="/deploy">
      <Allowed action="service.deploy" page={<Deploy />} />
    </Route>
    <Route path="/calls">
      <Calls />
    </Route>
    <Route path="/calls/jobs">
      <Jobs />
    </Route>
    <Route path="/calls/:id">{({ id }) => <CallPage key={id} id={id} />}</Route>
    <Route path="/receipts">
      <Receipts />
    </Route>
    <Route path="/usage">
      <Usage />
    </Route>
    <Route path="/settings/keys">
      <Allowed action="key.read" page={<Keys />} />
    </Route>
    <Route path="/settings/policies">
      <Allowed action="policy.read" page={<Policies />} />
    </Route>
    <Route path="/settings/budgets">
      <Allowed action="budget.read" page={<Budgets />} />
    </Route>
    <Route path="/settings/secrets">
      <Allowed action="secret.read" page={<Secrets />} />
    </Route>
    <Route>
      <Head title="Nothing here" />
      <Empty title="This address leads to no page">
        <p>
          <Link href="/">Go home</Link>, or press Ctrl K and type what you look for.
        </p>
      </Empty>
    </Route>
  </Switch>
);

/** A page for those who may do something; the node refuses the others too, and this says so before they try. */
const Allowed = ({ action, page }: { action: string; page: ReactNode }) => {
  const { me, may } = useSession();
  if (may(action)) return page;
  return (
    <>
      <Head title="Not for this key" />
      <Empty title={`The role ${me.role} may not ${action}`}>
        <p>Sign in with a key that may, or ask the owner of {me.account} for one.</p>
      </Empty>
    </>
  );
};

/** A page that fails leaves the others usable. */
class Guard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: undefined as unknown };

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div className="stack">
        <Problem error={this.state.error} />
        <div>
          <button type="button" className="button" onClick={() => location.reload()}>
            Load the console again
          </button>
        </div>
      </div>
    );
  }
}
