// Command reference writes the reference of the plugin's commands from their own help, the
// pages about the rules of lint from their records, and that of the full-screen view's keys
// from their table:
//
//	go run ./hack/reference docs/reference docs/lint docs/tui-keys.md
//
// There is a page for each command at the top, with its sub-commands below it, one for the
// flags that all commands have, and an index. cobra/doc makes a page for each command and
// repeats the twenty flags of kubectl on each of them, so it is not used.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/carto-run/carto/pkg/cli"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/streams"
	"github.com/carto-run/carto/pkg/cli/version"
)

const (
	program   = "kubectl carto"
	generated = "<!-- Generated from the commands' help by make generate. Do not edit. -->\n\n"
	index     = "README.md"
	flagsPage = "flags.md"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: reference FOLDER FOLDER-OF-RULES FILE-OF-KEYS")
		os.Exit(2)
	}
	for i, pages := range []map[string][]byte{pages(), rulePages()} {
		if err := write(os.Args[i+1], pages); err != nil {
			fmt.Fprintln(os.Stderr, "reference:", err)
			os.Exit(1)
		}
	}
	if err := os.WriteFile(os.Args[3], keysPage(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// write makes the folder hold these pages, and no page of a command that is gone.
func write(folder string, pages map[string][]byte) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*.md"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := pages[filepath.Base(path)]; !kept {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pages are all pages by their names.
func pages() map[string][]byte {
	s, _, _, _ := streams.Test() //nolint:dogsled // no command runs
	root := cli.NewRoot(cmdutil.NewFactory(program, s))
	all := map[string][]byte{}
	top := &bytes.Buffer{}
	fmt.Fprintf(top, "%s# %s\n\n%s\n\n", generated, program, root.Long)
	fmt.Fprintf(top, "| command | what it does |\n|---|---|\n")
	for _, c := range commands(root) {
		page := &bytes.Buffer{}
		page.WriteString(generated)
		command(page, c, 1)
		fmt.Fprintf(page, "The flags of [all commands](%s) are there too.\n", flagsPage)
		all[c.Name()+".md"] = page.Bytes()
		row(top, c, c.Name()+".md")
	}
	fmt.Fprintf(top, `
The flags that say which cluster to talk to are those of kubectl, and [the same for all commands](%s).

Exit codes, which are part of the interface: 0 done, and the answer is yes; 1 the answer is no (not ready, failed, not found,
refused, declined); 2 the command could not run (bad flags, no cluster, no permission); 130 interrupted.

Standard output is data, standard error is talk. Nothing is asked where no terminal is.
`, flagsPage)
	all[index] = top.Bytes()
	flags := &bytes.Buffer{}
	fmt.Fprintf(flags, "%s# Flags of all commands\n\n", generated)
	table(flags, root.PersistentFlags())
	all[flagsPage] = flags.Bytes()
	return all
}

// row is the line of a command in the index, followed by those of its sub-commands.
func row(w *bytes.Buffer, c *cobra.Command, page string) {
	fmt.Fprintf(w, "| [%s](%s#%s) | %s |\n", c.CommandPath(), page, anchor(c), cell(c.Short))
	for _, sub := range commands(c) {
		row(w, sub, page)
	}
}

func command(w *bytes.Buffer, c *cobra.Command, level int) {
	fmt.Fprintf(w, "%s %s\n\n", strings.Repeat("#", min(level, 3)), c.CommandPath())
	long := c.Long
	if long == "" {
		long = c.Short + "."
	}
	prose(w, long)
	if len(c.Aliases) > 0 {
		fmt.Fprintf(w, "Also: %s.\n\n", strings.Join(c.Aliases, ", "))
	}
	if len(commands(c)) == 0 || strings.Contains(c.Use, " ") { // else it only holds others
		fmt.Fprintf(w, "```\n%s\n```\n\n", c.UseLine())
	}
	fmt.Fprintf(w, "```sh\n%s\n```\n\n", unindent(c.Example))
	local := c.LocalNonPersistentFlags()
	local.SortFlags = true
	if visible(local) {
		table(w, local)
		w.WriteString("\n")
	}
	for _, sub := range commands(c) {
		command(w, sub, level+1)
	}
}

// prose copies help: paragraphs as they are, and what is indented as code.
func prose(w *bytes.Buffer, help string) {
	code := false
	for _, line := range strings.Split(strings.TrimSpace(help), "\n") {
		indented := strings.HasPrefix(line, "  ")
		if indented != code && line != "" {
			w.WriteString("```\n")
			code = indented
		}
		if !code {
			// A < or | of help is text.
			line = strings.ReplaceAll(line, "<", "&lt;")
		}
		w.WriteString(line + "\n")
	}
	if code {
		w.WriteString("```\n")
	}
	w.WriteString("\n")
}

func table(w *bytes.Buffer, flags *pflag.FlagSet) {
	w.WriteString("| flag | default | |\n|---|---|---|\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		name := "`--" + f.Name + "`"
		if f.Shorthand != "" {
			name = "`-" + f.Shorthand + "`, " + name
		}
		fmt.Fprintf(w, "| %s | %s | %s |\n", name, fallback(f), cell(f.Usage))
	})
}

// fallback is the default of a flag, without what depends on the machine.
func fallback(f *pflag.Flag) string {
	value := strings.ReplaceAll(f.DefValue, version.Version(), "VERSION")
	switch {
	case f.Name == "cache-dir":
		value = "~/.kube/cache"
	case value == "[]", value == "false", value == "0", value == "0s":
		value = ""
	}
	if value == "" {
		return ""
	}
	return "`" + value + "`"
}

func visible(flags *pflag.FlagSet) bool {
	found := false
	flags.VisitAll(func(f *pflag.Flag) { found = found || !f.Hidden && f.Name != "help" })
	return found
}

func commands(c *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(c.Commands()), func(sub *cobra.Command) bool { return !sub.IsAvailableCommand() || sub.Name() == "help" })
}

func anchor(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(s)
}

func unindent(example string) string {
	lines := strings.Split(strings.Trim(example, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}
