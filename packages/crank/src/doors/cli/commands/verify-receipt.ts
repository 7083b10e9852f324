import type { Command } from '../command.ts';

/** @param dataFolder where a local node's verifier key stands: pinned by being on this machine */
export const verify = (dataFolder: () => string): Command => ({
  name: 'receipt verify',
  summary: 'check a receipt or an export offline, and say what that proves',
  args: [['<file>', 'receipt file, or archive of `crank receipt export`']],
  options: [
    {
      flags: '--vkey <vkey>',
      help: "verifier key of the log, and of witnesses; else the local node's, else asked of CRANK_URL",
      repeat: true,
    },
    { flags: '--policy <file>', help: 'logs and witnesses to trust, and the quorum to ask for (C2SP tlog-policy)' },
    { flags: '--handovers <file>', help: "the log's changes of key, as /log/handovers gives them" },
    { flags: '--input <file>', help: 'the bytes of the input: compared with what the receipt commits to' },
    { flags: '--output <file>', help: 'the bytes of the answer: the same' },
    { flags: '--since <file>', help: 'of an export: a checkpoint, receipt or export whose head it has to extend' },
  ],
  // Loaded when it is run: the verifier is half of what the command line consists of.
  run: async (context, [file], options) => {
    const { verifyFile } = await import('../verify-file.ts');
    await verifyFile(context, file!, options, dataFolder);
  },
});
