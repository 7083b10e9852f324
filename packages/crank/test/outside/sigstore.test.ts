import { createPublicKey } from 'node:crypto';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { describe, expect, it } from 'vitest';
import { vectors } from '../../../verify/test/vectors.ts';

interface Envelope {
  payload: string;
  payloadType: string;
  signatures: { keyid: string; sig: string }[];
}
const { vkey, strangerVkey, good } = vectors<{
  vkey: string;
  strangerVkey: string;
  good: { name: string; file: string }[];
}>('receipt/receipts.json');

/** Checks an envelope with Sigstore's verifier, as a bundle (v0.3) signed by a plain key: no certificate, no Rekor, no timestamp. */
const verify = (envelope: Envelope, trusted: string): void => {
  const bundle = bundleFromJSON({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: envelope.signatures[0]!.keyid }, tlogEntries: [] },
    dsseEnvelope: envelope,
  });
  // The 32 bytes behind the type of a verifier key, in the DER form of RFC 8410.
  const raw = Buffer.from(trusted.split('+').slice(2).join('+'), 'base64').subarray(1);
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
  const material = toTrustMaterial(
    {
      mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
      tlogs: [],
      ctlogs: [],
      certificateAuthorities: [],
      timestampAuthorities: [],
    },
    () => ({ publicKey, validFor: () => true }),
  );
  const verifier = new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
  verifier.verify(toSignedEntity(bundle));
};

const envelopeOf = (file: string): Envelope => (JSON.parse(file) as { envelope: Envelope }).envelope;

describe("Sigstore's verifier", () => {
  it.each(good)('takes the envelope of $name', ({ file }) => {
    verify(envelopeOf(file), vkey);
  });

  it('refuses one of another key, a changed statement and a changed signature', () => {
    const envelope = envelopeOf(good[0]!.file);
    expect(() => verify(envelope, strangerVkey)).toThrow(/signature/);
    const changed = Buffer.from(envelope.payload, 'base64');
    changed[100]! ^= 1;
    expect(() => verify({ ...envelope, payload: changed.toString('base64') }, vkey)).toThrow(/signature/);
    const sig = Buffer.from(envelope.signatures[0]!.sig, 'base64');
    sig[0]! ^= 1;
    const signatures = [{ ...envelope.signatures[0]!, sig: sig.toString('base64') }];
    expect(() => verify({ ...envelope, signatures }, vkey)).toThrow(/signature/);
  });
});
