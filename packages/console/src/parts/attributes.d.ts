import 'react';

declare module 'react' {
  interface InputHTMLAttributes<T> {
    /** Chooses a folder (File and Directory Entries API, 6.1). */
    webkitdirectory?: T extends HTMLInputElement ? '' : never;
  }
}
