// Checks what Crank writes with other people's programs: Go's golang.org/x/mod/sumdb/note and tlog, transparency-dev's
// merkle and formats, and Tessera's fsck. Nothing of Crank's own verifier is in here.
//
//	go run . receipt FILE VKEY                      one receipt file, against the log's verifier key
//	go run . consistency OLD CONSISTENCY VKEY       the file "consistency" of an export, against an earlier checkpoint
//	go run . log FOLDER|URL VKEY                    a whole log: every entry, tile and the checkpoint
package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	fmtlog "github.com/transparency-dev/formats/log"
	fmtproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "NOT verified:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "receipt":
		return receipt(args[1], args[2])
	case len(args) == 4 && args[0] == "consistency":
		return consistency(args[1], args[2], args[3])
	case len(args) == 3 && args[0] == "log":
		return checkLog(args[1], args[2])
	}
	return errors.New("usage: receipt FILE VKEY | consistency OLD CONSISTENCY VKEY | log FOLDER|URL VKEY")
}

// head opens a signed checkpoint with both libraries and demands that they read the same.
func head(text []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint, sumdb/note: %w", err)
	}
	tree, err := tlog.ParseTree([]byte(treeText(opened.Text)))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint, sumdb/tlog: %w", err)
	}
	parsed, _, _, err := fmtlog.ParseCheckpoint(text, verifier.Name(), verifier)
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("checkpoint, formats/log: %w", err)
	}
	if parsed.Size != uint64(tree.N) || !bytes.Equal(parsed.Hash, tree.Hash[:]) {
		return tlog.Tree{}, errors.New("checkpoint: the two libraries disagree")
	}
	return tree, nil
}

// treeText turns a C2SP checkpoint into the tree description of Go's checksum database, which differs in its first line.
func treeText(checkpoint string) string {
	_, rest, _ := strings.Cut(checkpoint, "\n")
	return "go.sum database tree\n" + rest
}

func receipt(path, vkey string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var file struct {
		Envelope json.RawMessage `json:"envelope"`
		Proof    string          `json:"proof"`
		Openings json.RawMessage `json:"openings"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}

	statement, err := openEnvelope(file.Envelope, vkey)
	if err != nil {
		return fmt.Errorf("envelope: %w", err)
	}
	fmt.Println("envelope: signature holds (crypto/ed25519, DSSE)")

	var inclusion fmtproof.TLogProof
	if err := inclusion.Unmarshal([]byte(file.Proof)); err != nil {
		return fmt.Errorf("proof, formats/proof: %w", err)
	}
	tree, err := head(inclusion.Checkpoint, verifier)
	if err != nil {
		return err
	}
	fmt.Printf("checkpoint: signature holds, size %d (sumdb/note, formats/log)\n", tree.N)

	entry := sha256.Sum256(file.Envelope)
	leaf := tlog.RecordHash(entry[:])
	path1 := make(tlog.RecordProof, len(inclusion.Hashes))
	path2 := make([][]byte, len(inclusion.Hashes))
	for i, hash := range inclusion.Hashes {
		path1[i], path2[i] = tlog.Hash(hash), hash[:]
	}
	if err := tlog.CheckRecord(path1, tree.N, tree.Hash, int64(inclusion.Index), leaf); err != nil {
		return fmt.Errorf("inclusion, sumdb/tlog: %w", err)
	}
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, inclusion.Index, uint64(tree.N), leaf[:], path2, tree.Hash[:]); err != nil {
		return fmt.Errorf("inclusion, transparency-dev/merkle: %w", err)
	}
	fmt.Printf("inclusion: entry %d is in the log (sumdb/tlog, transparency-dev/merkle)\n", inclusion.Index)
	fmt.Printf("subject: %s %s\n", statement.Subject[0].Name, statement.Subject[0].Digest["sha256"])
	return nil
}

type statement struct {
	Type    string `json:"_type"`
	Subject []struct {
		Name   string            `json:"name"`
		Digest map[string]string `json:"digest"`
	} `json:"subject"`
}

// openEnvelope checks a DSSE envelope (pre-authentication encoding) against the Ed25519 key in a verifier key.
func openEnvelope(raw []byte, vkey string) (*statement, error) {
	var envelope struct {
		PayloadType string `json:"payloadType"`
		Payload     []byte `json:"payload"`
		Signatures  []struct {
			KeyID string `json:"keyid"`
			Sig   []byte `json:"sig"`
		} `json:"signatures"`
	}
	if err := json.Unmarshal(raw, &envelope); err != nil {
		return nil, err
	}
	parts := strings.SplitN(vkey, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 1 {
		return nil, errors.New("the verifier key is not of Ed25519")
	}
	signed := fmt.Appendf(nil, "DSSEv1 %d %s %d ", len(envelope.PayloadType), envelope.PayloadType, len(envelope.Payload))
	signed = append(signed, envelope.Payload...)
	if len(envelope.Signatures) != 1 || !ed25519.Verify(key[1:], signed, envelope.Signatures[0].Sig) {
		return nil, errors.New("the signature does not match")
	}
	var found statement
	if err := json.Unmarshal(envelope.Payload, &found); err != nil {
		return nil, err
	}
	if found.Type != "https://in-toto.io/Statement/v1" || len(found.Subject) != 1 {
		return nil, errors.New("it holds no in-toto statement with one subject")
	}
	return &found, nil
}

func consistency(oldPath, proofPath, vkey string) error {
	oldText, err := os.ReadFile(oldPath)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(proofPath)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	older, err := head(oldText, verifier)
	if err != nil {
		return fmt.Errorf("the earlier %w", err)
	}
	lines, checkpoint, _ := bytes.Cut(text, []byte("\n\n"))
	newer, err := head(checkpoint, verifier)
	if err != nil {
		return err
	}
	hashes := strings.Split(string(lines), "\n")
	size, err := strconv.ParseInt(strings.TrimPrefix(hashes[0], "old "), 10, 64)
	if err != nil || size != older.N {
		return fmt.Errorf("the proof is not from size %d", older.N)
	}
	var path1 tlog.TreeProof
	var path2 [][]byte
	for _, line := range hashes[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		path1 = append(path1, hash)
		path2 = append(path2, hash[:])
	}
	if err := tlog.CheckTree(path1, newer.N, newer.Hash, older.N, older.Hash); err != nil {
		return fmt.Errorf("consistency, sumdb/tlog: %w", err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(older.N), uint64(newer.N), path2, older.Hash[:], newer.Hash[:]); err != nil {
		return fmt.Errorf("consistency, transparency-dev/merkle: %w", err)
	}
	fmt.Printf("consistency: the log of %d entries extends that of %d (sumdb/tlog, transparency-dev/merkle)\n", newer.N, older.N)
	return nil
}

func checkLog(place, vkey string) error {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return err
	}
	var fetcher fsck.Fetcher = client.FileFetcher{Root: place}
	if strings.Contains(place, "://") {
		root, err := url.Parse(strings.TrimSuffix(place, "/") + "/")
		if err != nil {
			return err
		}
		if fetcher, err = client.NewHTTPFetcher(root, nil); err != nil {
			return err
		}
	}
	hasher := func(data []byte) ([][]byte, error) {
		var bundle api.EntryBundle
		if err := bundle.UnmarshalText(data); err != nil {
			return nil, err
		}
		leaves := make([][]byte, len(bundle.Entries))
		for i, entry := range bundle.Entries {
			leaves[i] = rfc6962.DefaultHasher.HashLeaf(entry)
		}
		return leaves, nil
	}
	if err := fsck.New(verifier.Name(), verifier, fetcher, hasher, fsck.Opts{N: 2}).Check(context.Background()); err != nil {
		return err
	}
	fmt.Println("log: entries, tiles and checkpoint agree (tessera fsck)")
	return nil
}
