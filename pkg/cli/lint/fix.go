package lint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aymanbagabas/go-udiff"

	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/table"
)

// maxRounds bounds how often files are fixed again: a change may make room for another that
// overlapped it, and two rules may never agree.
const maxRounds = 10

// heal makes all safe changes, in memory, and checks again what came out of them.
func (o *Options) heal(ctx context.Context, files []lint.File, f found) ([]lint.File, found, []lint.Fixed, error) {
	before := map[string][]byte{}
	total := map[string]lint.Fixed{}
	var order []string
	for range maxRounds {
		if err := ctx.Err(); err != nil {
			return nil, f, nil, err
		}
		fixed, err := lint.Fix(files, f.report.Findings)
		if err != nil {
			o.sayf("%v", err)
		}
		if len(fixed) == 0 {
			break
		}
		changed := append([]lint.File{}, files...)
		for _, one := range fixed {
			for i := range changed {
				if changed[i].Name == one.Name && !changed[i].Remote {
					changed[i].Data = one.New
				}
			}
			if _, again := before[one.Name]; !again {
				before[one.Name] = one.Before
				order = append(order, one.Name)
			}
			all := total[one.Name].Findings
			total[one.Name] = lint.Fixed{Name: one.Name, Before: before[one.Name], New: one.New, Findings: append(all, one.Findings...)}
		}
		files, f = changed, o.check(ctx, changed)
	}
	if err := ctx.Err(); err != nil {
		return nil, f, nil, err
	}
	healed := make([]lint.Fixed, len(order))
	for i, name := range order {
		healed[i] = total[name]
	}
	return files, f, healed, nil
}

// settle shows the changes, or writes them.
func (o *Options) settle(fixed []lint.Fixed) error {
	var faults []error
	findings := map[*lint.Finding]bool{}
	for _, f := range fixed {
		for _, one := range f.Findings {
			findings[one] = true
		}
		if o.DryRun {
			if err := o.diff(f); err != nil {
				return err
			}
			continue
		}
		if now, err := manifest.ReadFile(f.Name); err != nil || !bytes.Equal(now, f.Before) {
			faults = append(faults, fmt.Errorf("%s has changed while it was checked; run again", f.Name))
			continue
		}
		if err := replace(f.Name, f.New); err != nil {
			faults = append(faults, fmt.Errorf("cannot fix %s: %w", f.Name, err))
		}
	}
	if len(findings) > 0 && !o.Quiet {
		verb := "fixed"
		if o.DryRun {
			verb = "would be fixed"
		}
		o.sayf("%s in %s %s", report.Count(len(findings), "finding"), report.Count(len(fixed), "file"), verb)
	}
	return errors.Join(faults...)
}

func (o *Options) diff(f lint.Fixed) error {
	text := udiff.Unified("a/"+f.Name, "b/"+f.Name, string(f.Before), string(f.New))
	if o.Streams.OutIsTerminal() {
		text = table.Printable(text) // else it is a patch, and has to be what the file is
	}
	_, err := fmt.Fprint(o.Streams.Out, text)
	return err
}

// replace writes a file at once or not at all, with the permissions that it had; not one that is
// read-only. A link goes on being one.
func replace(path string, data []byte) (err error) {
	mode := os.FileMode(0o644)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	if mode&0o222 == 0 {
		return errors.New("it is read-only") // a new file in its place would not ask
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".carto-lint-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
