package tree

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/table"
)

// remarks of a tree: why its owner is not ready, and what could not be read.
func (t *Tree) remarks(o TableOptions) []string {
	if t.Owner.Kind == "" {
		return append(briefCauses(t.Owners), unreadLines(t.Unread)...)
	}
	return append(append(causeLines(t.RootCause, o.Program), t.stepRemarks()...), unreadLines(t.Unread)...)
}

// stepRemarks are what the agent says of objects although they are applied.
func (t *Tree) stepRemarks() []string {
	var lines []string
	for i := range t.Steps {
		if remark := t.Steps[i].Remark; remark != "" {
			lines = append(lines, "Note: step "+table.OneLine(t.Steps[i].Name)+": "+table.OneLine(remark))
		}
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
}

// remarks of several trees are short: one line for each owner that is not ready.
func (f *Forest) remarks(o TableOptions) []string {
	if f.single {
		return f.Trees[0].remarks(o)
	}
	var owners []*Tree
	for _, t := range f.Trees {
		owners = append(append(owners, t), t.Owners...)
	}
	return append(briefCauses(owners), unreadLines(f.Unread)...)
}

func (p *Path) remarks(TableOptions) []string {
	var lines []string
	if p.Source != nil && p.Owner() != nil {
		lines = append(lines, "", "Source: "+table.OneLine(p.Source.String()))
	}
	if p.Owner() == nil && len(p.Nodes) > 0 {
		top := p.Nodes[len(p.Nodes)-1]
		lines = append(lines, "", fmt.Sprintf("%s/%s is not stamped by Carto, and nothing that is owns it.", top.Kind, top.Name))
	}
	return append(lines, unreadLines(p.Unread)...)
}

// maxBrief is how many owners are explained below several trees.
const maxBrief = 20

func briefCauses(owners []*Tree) []string {
	var lines []string
	more := 0
	for _, t := range owners {
		c := t.RootCause
		if c == nil {
			continue
		}
		if len(lines) == maxBrief {
			more++
			continue
		}
		line := fmt.Sprintf("%s/%s -n %s: ", strings.ToLower(t.Owner.Kind), t.Owner.Name, t.Owner.Namespace)
		if c.Step != "" {
			line += "step " + table.OneLine(c.Step) + ": "
		}
		line += table.OneLine(c.Reason)
		if said := MessageLines(c.Message); len(said) > 0 {
			line += ": " + said[0]
		}
		lines = append(lines, line)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more that are not ready", more))
	}
	if len(lines) > 0 {
		lines = append([]string{""}, lines...)
	}
	return lines
}

func unreadLines(unread []Unread) []string {
	if len(unread) == 0 {
		return nil
	}
	lines := []string{"", "Not everything could be read:"}
	for _, u := range unread {
		lines = append(lines, "  "+table.OneLine(fmt.Sprintf("%s %s: %s", u.Verb, strings.TrimSuffix(u.Resource+" "+u.Name, " "), u.Message)))
	}
	return lines
}

func causeLines(c *RootCause, program string) []string {
	var lines []string
	if c != nil {
		word := "Waiting"
		if c.Failed {
			word = "Failed"
		}
		head := word + ": "
		if c.Step != "" {
			head += "step " + table.OneLine(c.Step) + ": "
		}
		head += table.OneLine(c.Reason)
		said := MessageLines(c.Message)
		if len(said) > 0 {
			head += ": " + said[0]
			said = said[1:]
		}
		lines = append(append(lines, "", head), said...)
		if c.Object != nil && c.ObjectReason != "" {
			text := c.Object.Kind + "/" + c.Object.Name + ": " + c.ObjectReason
			if !strings.HasSuffix(c.Message, c.ObjectMessage) { // health rules quote it at their end
				text += ": " + c.ObjectMessage
			}
			lines = append(lines, "  "+table.OneLine(text))
		}
		if len(c.Blocks) > 0 {
			lines = append(lines, "  Blocks: "+table.OneLine(Some(c.Blocks)))
		}
		if c.Next != "" {
			lines = append(lines, "  Next: "+table.OneLine(Command(c.Next, program)))
		}
	}
	return lines
}

// maxNames is how many steps a line names.
const maxNames = 8

// Some lists names as far as a person reads them.
func Some(names []string) string {
	if len(names) <= maxNames {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:maxNames], ", "), len(names)-maxNames)
}

// maxLines of one message: -o json has all.
const maxLines = 60

// MessageLines keeps the lines of a message, indented below the first: those of ytt show
// where in a template the fault is. Of what nobody reads to the end, only the beginning is
// kept.
func MessageLines(s string) []string {
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = table.Brief(strings.TrimRight(table.Printable(line), " \t\r"))
		switch {
		case len(lines) == maxLines:
			return append(lines, "  ... [more lines; -o json has all]")
		case len(lines) > 0:
			lines = append(lines, "  "+line)
		case line != "":
			lines = append(lines, table.OneLine(line))
		}
	}
	return lines
}
