// Command krew makes and checks the krew manifest of a release:
//
//	krew manifest -version v1.2.3 dist   writes dist/plugins/carto.yaml from the archives in dist
//	krew check dist                      checks that manifest, the archives and checksums.txt
//	krew check -index plugins            checks an index by itself
//
// It is not krew: bin/krew is.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/carto-run/carto/krew/check"
	"github.com/carto-run/carto/krew/manifest"
)

//go:embed carto.yaml.tmpl
var template string

// errFaults: what was found is on the terminal already.
var errFaults = errors.New("")

func main() {
	err := run(os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, errFaults):
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "krew:", err)
		os.Exit(2)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say what to do: manifest or check")
	}
	flags := flag.NewFlagSet("krew "+args[0], flag.ExitOnError)
	version := flags.String("version", "", "manifest: the `version` of the release, with a leading v")
	index := flags.Bool("index", false, "check: the folder is an index, not the result of make dist")
	_ = flags.Parse(args[1:]) // exits by itself
	if flags.NArg() != 1 {
		return errors.New("name one folder")
	}
	folder := flags.Arg(0)
	switch {
	case args[0] == "manifest" && *version != "":
		return write(*version, folder)
	case args[0] == "check" && *index:
		return report(check.Index(folder))
	case args[0] == "check":
		return report(check.Dist(folder))
	}
	return fmt.Errorf("cannot do %q: say manifest -version V, or check", args[0])
}

func write(version, folder string) error {
	data, err := manifest.Render(template, version, folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, "plugins"), 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "plugins", "carto"+manifest.Extension), data, 0o644)
}

func report(faults []check.Fault, err error) error {
	for _, fault := range faults {
		fmt.Println(fault)
	}
	if err == nil && len(faults) > 0 {
		return errFaults
	}
	return err
}
