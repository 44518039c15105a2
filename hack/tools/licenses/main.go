// Command licenses fails when a module that is compiled into one of the programs has a
// license that is not allowed, or none that can be recognized. It is run at the root of the
// repository, with the packages of the programs:
//
//	bin/licenses ./cmd/agent ./cmd/kubectl-carto
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// allowed licenses: they ask for no more than that they are told.
var allowed = []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Unlicense"}

// enough of a file has to be known text, in percent: the rest are names and years.
const enough = 75

// systems for which the programs are built: each compiles other packages in.
var systems = []string{"linux", "darwin", "windows"}

var licenseFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)([-._].*)?$`)

// notOfCode are extensions of files that are no licenses, or those of what is not compiled in.
var notOfCode = []string{".go", ".docs"}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(programs []string) error {
	if len(programs) == 0 {
		return errors.New("name the packages of the programs")
	}
	modules, err := compiledIn(programs)
	if err != nil {
		return err
	}
	counts, faults := map[string]int{}, []error{}
	for _, path := range slices.Sorted(maps.Keys(modules)) {
		found, err := modules[path].licenses()
		if err != nil {
			faults = append(faults, fmt.Errorf("module %s: %w", path, err))
		}
		for _, id := range found {
			counts[id]++
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	texts := make([]string, 0, len(counts))
	for _, id := range slices.Sorted(maps.Keys(counts)) {
		texts = append(texts, fmt.Sprintf("%s %d", id, counts[id]))
	}
	fmt.Printf("%d modules: %s\n", len(modules), strings.Join(texts, ", "))
	return nil
}

// module is one that is compiled in, with the folders of its packages that are.
type module struct {
	dir      string
	packages map[string]bool
}

func compiledIn(programs []string) (map[string]*module, error) {
	modules := map[string]*module{}
	for _, system := range systems {
		command := exec.Command("go", append([]string{"list", "-deps", "-json=Dir,Standard,Module"}, programs...)...)
		command.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		var stderr bytes.Buffer
		command.Stderr = &stderr
		listed, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("go list: %w: %s", err, stderr.String())
		}
		for decoder := json.NewDecoder(bytes.NewReader(listed)); ; {
			var p struct {
				Dir      string
				Standard bool
				Module   *struct {
					Path, Dir string
					Main      bool
				}
			}
			if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("read go list: %w", err)
			}
			if p.Standard || p.Module == nil || p.Module.Main {
				continue
			}
			m := modules[p.Module.Path]
			if m == nil {
				m = &module{p.Module.Dir, map[string]bool{}}
				modules[p.Module.Path] = m
			}
			m.packages[p.Dir] = true
		}
	}
	return modules, nil
}

// licenses are those of the module, and those of parts of it that come from elsewhere and are
// compiled in.
func (m *module) licenses() ([]string, error) {
	folders := map[string]bool{m.dir: true}
	for dir := range m.packages {
		for ; len(dir) > len(m.dir); dir = filepath.Dir(dir) {
			folders[dir] = true
		}
	}
	var all []string
	root := false
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if !licenseFile.MatchString(entry.Name()) || entry.Type()&fs.ModeType != 0 || slices.Contains(notOfCode, filepath.Ext(entry.Name())) {
				continue
			}
			ids, err := recognize(filepath.Join(dir, entry.Name()))
			if err != nil {
				return nil, err
			}
			root = root || dir == m.dir
			all = append(all, ids...)
		}
	}
	if !root {
		return nil, errors.New("it has no license file at its root")
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// recognize finds the licenses in a file; all have to be allowed.
func recognize(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	coverage := licensecheck.Scan(text)
	if coverage.Percent < enough {
		return nil, fmt.Errorf("%s: only %.0f%% of it is the text of a known license", filepath.Base(path), coverage.Percent)
	}
	var ids []string
	for _, match := range coverage.Match {
		if !slices.Contains(allowed, match.ID) {
			return nil, fmt.Errorf("%s: license %s is not allowed; the allowed ones are %s", filepath.Base(path), match.ID, strings.Join(allowed, ", "))
		}
		ids = append(ids, match.ID)
	}
	return ids, nil
}
