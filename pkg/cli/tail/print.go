package tail

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/carto-run/carto/pkg/table"
)

// colours of steps, as the parameters of terminal sequences: cyan, yellow, magenta,
// green, blue, and the bright ones. Red is left to what has failed.
var colours = []int{36, 33, 35, 32, 34, 96, 93, 95, 92, 94}

// Text is a sink that writes step/pod[container] before each line, in a colour of the step.
// Colours follow the order of the steps, so they are the same each time.
func Text(w io.Writer, colour, timestamps bool) func(Line) error {
	return func(l Line) error {
		prefix := l.Pod + "[" + l.Container + "]"
		if l.Step != "" {
			prefix = l.Step + "/" + prefix
		}
		prefix = table.Printable(prefix)
		if colour {
			prefix = fmt.Sprintf("\x1b[%dm%s\x1b[0m", colours[l.place%len(colours)], prefix)
		}
		if timestamps && l.Time != "" {
			prefix += " " + l.Time
		}
		_, err := fmt.Fprintf(w, "%s %s\n", prefix, table.Printable(l.Message))
		return err
	}
}

// NDJSON is a sink that writes each line as one line of JSON.
func NDJSON(w io.Writer) func(Line) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(l Line) error { return encoder.Encode(l) }
}
