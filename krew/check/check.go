// Package check holds a krew manifest and its archives against everything that krew, the
// reviewers of its index and its installer ask for and that needs no krew (spec: krew §5).
// Every fault is reported, not only the first.
package check

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/carto-run/carto/krew/manifest"
)

// Fault is one rule broken.
type Fault struct {
	// Rule is the short name of the rule.
	Rule string
	// Text says where, and what is wrong.
	Text string
}

func (f Fault) String() string { return f.Rule + ": " + f.Text }

type faults []Fault

func (f *faults) addf(rule, format string, args ...any) {
	*f = append(*f, Fault{Rule: rule, Text: fmt.Sprintf(format, args...)})
}

// Dist checks what `make dist` wrote into folder: the manifest, each archive that it names, and
// checksums.txt.
func Dist(folder string) ([]Fault, error) {
	file := filepath.Join(folder, "plugins", "carto"+manifest.Extension)
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the manifest: %w (make dist writes it)", err)
	}
	sums, err := os.ReadFile(filepath.Join(folder, "checksums.txt"))
	if err != nil {
		return nil, fmt.Errorf("cannot read the checksums: %w (make dist writes them)", err)
	}
	var found faults
	found = append(found, Manifest(filepath.Base(file), data)...)
	plugin, err := manifest.Parse(data)
	if err != nil {
		return found, nil //nolint:nilerr // Manifest has reported it
	}
	var wanted strings.Builder
	for _, name := range archives(plugin) {
		platforms := slices.Collect(of(plugin, name))
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			found.addf("archive", "%v", err)
			continue
		}
		fmt.Fprintf(&wanted, "%s  %s\n", manifest.Sum(content), name)
		for _, p := range platforms {
			for _, fault := range Archive(p, content) {
				found.addf(fault.Rule, "%s: %s", name, fault.Text)
			}
		}
	}
	if string(sums) != wanted.String() {
		found.addf("checksums", "checksums.txt says\n%sbut the archives of the manifest are\n%s", sums, wanted.String())
	}
	return found, nil
}

// archives are the file names of the manifest's archives, sorted.
func archives(plugin *manifest.Plugin) []string {
	var names []string
	for _, p := range plugin.Spec.Platforms {
		names = append(names, path.Base(p.URI))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// of yields the platforms that an archive is for.
func of(plugin *manifest.Plugin, archive string) func(func(manifest.Platform) bool) {
	return func(yield func(manifest.Platform) bool) {
		for _, p := range plugin.Spec.Platforms {
			if path.Base(p.URI) == archive && !yield(p) {
				return
			}
		}
	}
}

// Index checks the folder plugins/ of an index: manifests lie directly in it, and nothing
// else does. An index without any manifest is in order, it offers nothing.
func Index(folder string) ([]Fault, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("cannot read the index: %w", err)
	}
	var found faults
	for _, entry := range entries {
		name := entry.Name()
		switch {
		case name == ".gitkeep": // git keeps no empty folder, and krew wants one
			continue
		case !entry.Type().IsRegular() || filepath.Ext(name) != manifest.Extension:
			found.addf("index", "%s is no manifest: krew reads NAME.yaml directly in this folder, and nothing else belongs here", name)
			continue
		}
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("cannot read a manifest of the index: %w", err)
		}
		for _, fault := range Manifest(name, data) {
			found.addf(fault.Rule, "%s: %s", name, fault.Text)
		}
	}
	return found, nil
}
