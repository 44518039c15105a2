package get

import (
	"strings"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// messages are what keeps an owner from being ready, the root cause first, and then what
// the owner, its steps and the Deliverable that it stamped say besides.
func messages(t *tree.Tree) section {
	return section{key: "messages", title: "Messages", lines: messagesOf(nil, t)}
}

func messagesOf(lines []string, t *tree.Tree) []string {
	who := t.Owner.Kind + " " + t.Owner.Name
	if c := t.RootCause; c != nil {
		name := who
		if c.Step != "" {
			name = "step " + c.Step
		}
		lines = tell(lines, name, c.Reason, c.Message)
		if c.Object != nil && c.ObjectReason != "" {
			lines = tell(lines, "  "+c.Object.Kind+"/"+c.Object.Name, c.ObjectReason, c.ObjectMessage)
		}
	}
	for _, state := range []tree.State{t.Owner.Ready, t.Owner.Healthy} {
		if state.Status != "True" && state.Message != "" {
			lines = tell(lines, who, state.Reason, state.Message)
		}
	}
	// The conditions of an owner tell of one step only. One that waits for another has
	// nothing to say of its own.
	for i := range t.Steps {
		if step := &t.Steps[i]; step.Ready.Status == "False" && len(step.WaitsFor) == 0 {
			lines = tell(lines, "step "+step.Name, step.Ready.Reason, step.Ready.Message)
		}
	}
	for _, b := range objectsOf(t, "", func(o *tree.Object) bool { return o.Tree != nil }) {
		lines = messagesOf(lines, b.object.Tree)
	}
	return lines
}

// tell adds a message unless its text was told already; its lines stay apart, because
// those of ytt show where in a template the fault is.
func tell(lines []string, who, reason, message string) []string {
	text := tree.MessageLines(message)
	if len(text) == 0 && reason == "" {
		return lines
	}
	head := table.OneLine(reason)
	if who != "" {
		// The indentation says of what somebody tells.
		name := strings.TrimLeft(who, " ")
		head = who[:len(who)-len(name)] + table.OneLine(name+": "+reason)
	}
	if len(text) > 0 {
		for _, line := range lines {
			if strings.Contains(line, text[0]) {
				return lines
			}
		}
		head += ": " + text[0]
		text = text[1:]
	}
	return append(append(lines, head), text...)
}
