package why

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tree"
)

// TextOptions say how the text looks, and which of the long sections it has.
type TextOptions struct {
	// Now is the present, for ages.
	Now time.Time
	// Program is how a person calls the plugin, for commands to run.
	Program string
	// Unicode allows tree glyphs beyond ASCII.
	Unicode bool
	// Color allows colour.
	Color bool
	// Width to wrap lines to; 0 means never.
	Width int
	// Selection and Params sections, and AllCandidates instead of the nearest ones.
	Selection, Params, AllCandidates bool
	// ParamsOf is a step whose params are shown when the others are not.
	ParamsOf string
}

// maxCandidates is how many candidates that do not match are shown.
const maxCandidates = 5

// maxLines of one message; nobody reads more.
const maxLines = 60

// WriteText writes the explanation for a person: the sentence first, then the chain, and
// the next command. Commands are never wrapped, so that they can be copied.
func WriteText(w io.Writer, y *Why, o TextOptions) error {
	p := &printer{TextOptions: o}
	p.fill("", "", p.paint(y.Verdict, table.Printable(y.Sentence)))
	p.chain(y)
	p.events(y)
	if len(y.Next) > 0 {
		p.title("Next")
		for _, n := range y.Next {
			p.line("  " + table.OneLine(tree.Command(n, o.Program)))
		}
	}
	for _, note := range y.Notes {
		p.line("")
		p.wrap("", "", "Note: "+table.OneLine(note)+".")
	}
	if len(y.Faults) > 0 {
		p.title("Faults")
		for _, f := range y.Faults {
			p.wrap("  ", "    ", table.OneLine(f))
		}
	}
	p.owners(y)
	if o.Selection {
		p.selection(y)
	}
	if o.Params || o.ParamsOf != "" {
		p.params(y)
	}
	if len(y.Unread) > 0 {
		p.title("Not everything could be read")
		for _, u := range y.Unread {
			p.wrap("  ", "    ", table.OneLine(fmt.Sprintf("%s %s: %s", u.Verb, strings.TrimSuffix(u.Resource+" "+u.Name, " "), u.Message)))
		}
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// WriteChoice writes how one choice falls, a line for each candidate. owner is the word for
// the owner for which it is made.
func WriteChoice(w io.Writer, c *Choice, owner string, o TextOptions) error {
	p := &printer{TextOptions: o}
	p.choice(c, owner)
	_, err := io.WriteString(w, p.out.String())
	return err
}

// WriteParams writes the params alone, those of all steps with Params, else those of
// ParamsOf.
func WriteParams(w io.Writer, y *Why, o TextOptions) error {
	p := &printer{TextOptions: o}
	p.params(y)
	_, err := io.WriteString(w, strings.TrimPrefix(p.out.String(), "\n"))
	return err
}

type printer struct {
	TextOptions
	out strings.Builder
}

func (p *printer) line(text string) { p.out.WriteString(strings.TrimRight(text, " ") + "\n") }

func (p *printer) title(text string) {
	p.line("")
	p.line(table.OneLine(text))
}

// paint colours the sentence by its verdict, which its words say as well.
func (p *printer) paint(v Verdict, text string) string {
	if !p.Color {
		return text
	}
	return "\x1b[" + map[Verdict]string{Ready: "32", Waiting: "33", Failed: "31"}[v] + "m" + text + "\x1b[0m"
}

// wrap is fill for what others wrote.
func (p *printer) wrap(begin, indent, text string) { p.fill(begin, indent, table.Printable(text)) }

// fill breaks text at spaces, so that no line is longer than the width where that can be.
func (p *printer) fill(begin, indent, text string) {
	for _, line := range table.Wrap(begin, indent, text, p.Width) {
		p.line(line)
	}
}

func (p *printer) chain(y *Why) {
	if len(y.Chain) == 0 {
		return
	}
	p.title("Who waits for whom")
	branch := "`- "
	if p.Unicode {
		branch = "└─ "
	}
	for i, l := range y.Chain {
		indent := strings.Repeat("   ", i)
		head := "  " + indent
		if i > 0 {
			head = "  " + strings.Repeat("   ", i-1) + branch
		}
		name := table.Printable(l.Name)
		if l.What == "step" || l.What == "container" {
			name = l.What + " " + name
		}
		if state := strings.TrimPrefix(strings.TrimSuffix(l.Status+", "+l.Reason, ", "), ", "); state != "" {
			name += ": " + table.Printable(state)
		}
		p.wrap(head, "  "+indent+"  ", name)
		if i+1 == len(y.Chain) || y.Chain[i+1].Message == "" || !strings.HasSuffix(l.Message, y.Chain[i+1].Message) { // else it follows
			p.message("  "+indent+"  ", l.Message)
		}
		if len(l.Blocks) > 0 {
			p.wrap("  "+indent+"  ", "  "+indent+"  ", table.OneLine("these steps wait for it: "+tree.Some(l.Blocks)))
		}
	}
}

// message keeps the lines of a message: those of ytt show where in a template the fault is.
func (p *printer) message(indent, text string) {
	lines := 0
	for line := range strings.SplitSeq(strings.TrimSpace(table.Printable(text)), "\n") {
		line = table.Brief(line)
		trimmed := strings.TrimLeft(line, " \t")
		if trimmed == "" {
			continue
		}
		if lines++; lines > maxLines {
			p.line(indent + "... [more lines; -o json has all]")
			return
		}
		deep := indent + strings.Repeat(" ", len(line)-len(trimmed))
		p.wrap(deep, deep, trimmed)
	}
}

func (p *printer) events(y *Why) {
	if len(y.Events) == 0 {
		return
	}
	about := y.Chain[len(y.Chain)-1]
	if about.What == "container" {
		about = y.Chain[len(y.Chain)-2]
	}
	p.title("Warnings about " + about.Name)
	for _, e := range y.Events {
		text := e.Reason
		if e.Count > 1 {
			text += fmt.Sprintf(" (%d times)", e.Count)
		}
		if e.Last != nil && !p.Now.IsZero() {
			text += ", " + ago(p.Now, e.Last)
		}
		p.wrap("  ", "    ", table.OneLine(text+": "+e.Message))
	}
}

func (p *printer) owners(y *Why) {
	if y.Owners == nil {
		return
	}
	p.title(fmt.Sprintf("Owners: %d ready, %d failed, %d waiting", y.Owners.Ready, y.Owners.Failed, y.Owners.Waiting))
	for _, o := range y.Owners.NotReady {
		p.wrap("  ", "    ", table.OneLine(fmt.Sprintf("%s  %s %s: %s", named(o.Ref), o.Ready.Status, o.Ready.Reason, o.Ready.Message)))
	}
	if more := y.Owners.Failed + y.Owners.Waiting - len(y.Owners.NotReady); more > 0 {
		p.line(fmt.Sprintf("  and %d more", more))
	}
}

func (p *printer) selection(y *Why) {
	owner := strings.ToLower(y.Subject.Kind)
	if y.Owner != nil {
		owner = strings.ToLower(y.Owner.Kind)
	}
	if y.Selection == nil {
		p.title("Selection")
		p.line("  no blueprint was considered")
		return
	}
	p.title("Selection: which " + blueprintWord(y.Selection.Kind) + " selects the " + owner)
	p.choice(&y.Selection.Choice, owner)
	for i := range y.Selection.Steps {
		p.title("Selection: which option of step " + y.Selection.Steps[i].Step + " selects the " + owner)
		p.choice(&y.Selection.Steps[i].Choice, owner)
	}
}

func (p *printer) choice(c *Choice, owner string) {
	hidden := 0
	for i, n := range c.Considered {
		var verdict string
		switch {
		case n.Name == c.Selected:
			verdict = "selected"
		case n.Matches && len(c.Tie) > 0 && n.Score == c.Considered[0].Score:
			verdict = "matches, in a tie with the others of this score"
		case n.Matches:
			verdict = "matches, but another has a higher score"
		case i >= maxCandidates && !p.AllCandidates:
			hidden++
			continue
		default:
			verdict = "does not match"
			if n.Score > 0 {
				verdict += ": it needs"
			} else {
				verdict += ":"
			}
			verdict += " " + unmet(n.Unmet[0], owner)
			if more := len(n.Unmet) - 1; more > 0 {
				verdict += fmt.Sprintf("; %d more not met", more)
			}
		}
		p.wrap("  ", "    ", table.OneLine(fmt.Sprintf("%s (score %d): %s", n.Name, n.Score, verdict)))
	}
	if hidden > 0 {
		p.line(fmt.Sprintf("  and %d more that do not match; all of them with --all", hidden))
	}
	if len(c.Considered) == 0 {
		p.line("  there is none")
	}
}

// from says in words where a value comes from.
var from = map[string]string{
	"template": "default of the template", "blueprint": "from the blueprint", "resource": "from the step in the blueprint",
}

func (p *printer) params(y *Why) {
	owner := strings.ToLower(y.Subject.Kind)
	if y.Owner != nil {
		owner = strings.ToLower(y.Owner.Kind)
	}
	if len(y.Params) == 0 {
		p.title("Params")
		p.line("  none")
	}
	for _, s := range y.Params {
		if !p.Params && s.Step != p.ParamsOf {
			continue
		}
		title := "Params of step " + s.Step
		if s.Template != "" {
			title += " (" + s.Template + ")"
		}
		p.title(title)
		for _, v := range s.Params {
			origin := from[v.From]
			if origin == "" {
				origin = "from the " + owner
			}
			switch {
			case v.KeptOut != nil:
				origin += ", which locks it: the value " + Value(*v.KeptOut) + " of the " + owner + " has no effect"
			case !v.OwnerMaySet:
				origin += ", which locks it"
			case v.From != "owner":
				origin += "; the " + owner + " may set it"
			case v.Undeclared:
				origin += "; nothing declares it, so check its name"
			}
			p.wrap("  ", "    ", table.OneLine(fmt.Sprintf("%s = %s: %s", v.Name, Value(v.Value), origin)))
		}
	}
}
