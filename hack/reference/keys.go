package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/tui"
	"github.com/carto-run/carto/pkg/tui/keys"
)

// keysPage is the reference of the full-screen view's keys, from the table that it matches
// keys against.
func keysPage() []byte {
	w := &bytes.Buffer{}
	w.WriteString("<!-- Generated from pkg/tui/keys by make generate. Do not edit. -->\n\n# Keys of the full-screen view\n\n")
	fmt.Fprintf(w, "What [%s tui](tui.md) does with keys, by the part of the screen that takes them; `?` shows those that do something now.\n", program)
	w.WriteString("Where text is typed, all keys but `ctrl-c` are text. Those marked with \\* change the cluster: they need `--write`, and ask first.\n\n")
	for _, g := range keys.Groups {
		fmt.Fprintf(w, "## %s\n\n| key | |\n|---|---|\n", g.Name)
		for _, b := range g.Bindings {
			shown := make([]string, len(b.Keys))
			for i, key := range b.Keys {
				shown[i] = "`" + keys.Shown(key) + "`"
			}
			mark := ""
			if b.Write {
				mark = ` \*`
			}
			fmt.Fprintf(w, "| %s | %s%s |\n", strings.Join(shown, " "), cell(b.Help), mark)
		}
		w.WriteString("\n")
	}
	w.WriteString("## Commands\n\nBehind `:`; tab completes them and what follows.\n\n| command | also | |\n|---|---|---|\n")
	for _, c := range tui.Commands {
		also := make([]string, len(c.Names)-1)
		for i, name := range c.Names[1:] {
			also[i] = "`:" + name + "`"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s |\n", c.Usage(), strings.Join(also, " "), cell(c.Help))
	}
	return w.Bytes()
}
