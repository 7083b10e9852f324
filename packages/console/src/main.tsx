import '@fontsource-variable/inter/wght.css';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/shell.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { CrankError, NodeFailed, Unreachable } from 'crank-sdk';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { SessionProvider } from './session/session.tsx';
import { applyTheme } from './shell/theme.ts';

applyTheme();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // The SDK has tried again what may be tried again.
      retry: (count, error) =>
        count < 1 && !(error instanceof CrankError && !(error instanceof Unreachable || error instanceof NodeFailed)),
      staleTime: 5_000,
    },
  },
});
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <SessionProvider>
        <App />
      </SessionProvider>
    </QueryClientProvider>
  </StrictMode>,
);
