package lint

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/carto-run/carto/pkg/manifest"
)

// SuppressionRule is the ID of the rule about suppressions themselves. Its record has no
// Check: the engine reports it, since only it knows what all other rules found.
const SuppressionRule = "STY003"

// SuppressionForm is how a comment says that a finding is to be left as it is.
const SuppressionForm = "# carto-lint: ignore ID[,ID] because REASON"

// suppressionMark begins what a comment says to lint. It is looked for in the text of files,
// so that comments in the ytt text of a template (#!) count as well.
const suppressionMark = "carto-lint:"

// suppression is one such comment.
type suppression struct {
	// At is the comment, from its # to the end of the line.
	At manifest.Range
	// Names of rules, IDs or slugs, as they are written.
	Names  []string
	Reason string
	// Fault says what is wrong with the form; empty when nothing is.
	Fault string
	// From and To are the lines that it is about.
	From, To int
	// Alone says that nothing else stands on its line.
	Alone bool
	// Object that it stands in, or above; nil when there is none.
	Object *Object

	used []bool // by Names
	line string // on which it stands
}

// parseSuppression finds the comment on a line. Column counts characters, from 1.
func parseSuppression(line string) (s *suppression, column int) {
	mark := strings.Index(line, suppressionMark)
	if mark < 0 {
		return nil, 0
	}
	before := strings.TrimRight(line[:mark], " \t")
	before = strings.TrimSuffix(before, "!")
	start := len(before) - 1
	// YAML takes # for the beginning of a comment only behind a blank.
	if start < 0 || before[start] != '#' || start > 0 && before[start-1] != ' ' && before[start-1] != '\t' {
		return nil, 0
	}
	s = &suppression{Alone: strings.TrimSpace(before[:start]) == ""}
	column = utf8.RuneCountInString(line[:start]) + 1
	verb, rest, _ := strings.Cut(strings.TrimSpace(line[mark+len(suppressionMark):]), " ")
	if verb != "ignore" {
		s.Fault = fmt.Sprintf("lint does not understand %q", verb)
		return s, column
	}
	rest = " " + rest + " "
	names, reason, because := strings.Cut(rest, " because ")
	s.Reason = strings.TrimSpace(reason)
	s.Names = strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
	s.used = make([]bool, len(s.Names))
	switch {
	case len(s.Names) == 0:
		s.Fault = "a suppression names no rule"
	case !because && len(s.Names) > 1 && !strings.Contains(names, ","):
		// "ignore REF003 it is fine": words that are no names of rules
		s.Names, s.used = s.Names[:1], s.used[:1]
	}
	return s, column
}

// suppressionsIn finds the comments of a file, and the lines that each is about: its own, or
// where it stands alone, the one below it and all comments there. Above the first line of an
// object that is the object.
func suppressionsIn(file File, objects []*Object) []*suppression {
	if file.Remote || !bytes.Contains(file.Data, []byte(suppressionMark)) {
		return nil
	}
	lines := manifest.Lines(file.Data)
	code := codeLines(lines)
	objects = slices.Clone(objects)
	slices.SortStableFunc(objects, func(a, b *Object) int { return a.Doc.Line - b.Doc.Line })
	ends := make([]int, len(objects)) // lines
	for i, o := range objects {
		ends[i] = o.Doc.Whole().End.Line
	}
	var found []*suppression
	for i, line := range lines {
		s, column := parseSuppression(line)
		if s == nil {
			continue
		}
		s.line = line
		s.At = manifest.Range{File: file.Name, Start: manifest.Position{Line: i + 1, Column: column}, End: manifest.Position{Line: i + 1, Column: utf8.RuneCountInString(line) + 1}}
		s.From, s.To = i+1, i+1
		if s.Alone {
			s.From = code[i+1] + 1
			s.To = s.From
		}
		behind, _ := slices.BinarySearchFunc(objects, s.From+1, func(o *Object, line int) int { return o.Doc.Line - line })
		for j := behind - 1; j >= 0; j-- { // several only where they share a line
			o := objects[j]
			if s.Object == nil && s.From <= ends[j] {
				s.Object = o
			}
			if o.Doc.Line < s.From {
				break
			}
			if s.Alone {
				s.To = max(s.To, ends[j])
			}
		}
		found = append(found, s)
	}
	return found
}

// codeLines tells for each line, and for the end, the next one that is no comment, itself
// included; all by index.
func codeLines(lines []string) []int {
	code := make([]int, len(lines)+1)
	code[len(lines)] = len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		code[i] = i
		if strings.HasPrefix(strings.TrimLeft(lines[i], " \t"), "#") && !isDirective(lines[i]) {
			code[i] = code[i+1]
		}
	}
	return code
}

// suppressionsAt finds the suppressions about a line: first those of the object.
type suppressionsAt struct {
	lines  map[int][]*suppression
	starts []int // of objects, sorted
}

func indexOf(found []*suppression) *suppressionsAt {
	at := &suppressionsAt{lines: map[int][]*suppression{}}
	for _, s := range found {
		at.lines[s.From] = append(at.lines[s.From], s)
		if s.From < s.To {
			at.starts = append(at.starts, s.From)
		}
	}
	slices.Sort(at.starts)
	at.starts = slices.Compact(at.starts)
	return at
}

func (at *suppressionsAt) line(n int) []*suppression {
	var about []*suppression
	if i, _ := slices.BinarySearch(at.starts, n); i > 0 { // objects do not overlap
		for _, s := range at.lines[at.starts[i-1]] {
			if n <= s.To {
				about = append(about, s)
			}
		}
	}
	return append(about, at.lines[n]...)
}

// isDirective says that a line of ytt is code, which is no comment to its author.
func isDirective(line string) bool {
	trimmed := strings.TrimLeft(line, " \t")
	return strings.HasPrefix(trimmed, "#@")
}

// suppress marks the findings that comments say to leave, and returns what is wrong with the
// comments.
func suppress(set *Set, rules []*Rule, options Options, findings []*Finding) []*Finding {
	itself := slices.IndexFunc(rules, func(r *Rule) bool { return r.ID == SuppressionRule })
	objects := map[string][]*Object{}
	for _, o := range set.Objects {
		objects[o.Doc.File] = append(objects[o.Doc.File], o)
	}
	found := map[string][]*suppression{}
	for _, file := range set.Files {
		if more := suppressionsIn(file, objects[file.Name]); more != nil {
			found[file.Name] = more
		}
	}
	if len(found) == 0 {
		return nil
	}
	about := map[string]*suppressionsAt{}
	for name, all := range found {
		about[name] = indexOf(all)
	}
	for _, f := range findings {
		if about[f.At.File] == nil {
			continue
		}
		for _, s := range about[f.At.File].line(f.At.Start.Line) {
			for i, name := range s.Names {
				if f.Rule.is(name) {
					s.used[i] = true
					if f.Suppressed == "" {
						f.Suppressed = s.Reason
					}
				}
			}
		}
	}
	if itself < 0 {
		return nil
	}
	p := &Pass{Set: set, Options: options, rule: rules[itself]}
	for _, file := range set.Files {
		for _, s := range found[file.Name] {
			p.judge(s, rules)
		}
		delete(found, file.Name) // a name may be there twice
	}
	return p.found
}

// judge reports what is wrong with a suppression.
func (p *Pass) judge(s *suppression, rules []*Rule) {
	at := Place{Object: s.Object, Range: s.At}
	if s.Fault != "" {
		p.Report(at, "%s", s.Fault).Do("write %s", SuppressionForm)
		return
	}
	if s.Reason == "" {
		p.Report(at, "the suppression of %s gives no reason, so it does not count", strings.Join(s.Names, ", ")).Do("write %s", SuppressionForm)
	}
	var unused []string
	for i, name := range s.Names {
		switch {
		case s.used[i]:
		case p.Catalogue != nil && !slices.ContainsFunc(p.Catalogue, func(r *Rule) bool { return r.is(name) }):
			p.Report(at, "there is no rule %q to suppress", name).Do("see the list: lint rules")
		case p.wouldFind(name, s.At.File, rules):
			unused = append(unused, name)
		}
	}
	if len(unused) == 0 || s.Reason == "" {
		return
	}
	f := p.Report(at, "the suppression of %s suppresses nothing", strings.Join(unused, ", ")).Do("remove it, or put it on the line of the finding, or above its object")
	if len(unused) == len(s.Names) {
		f.FixBy(comment(s), "")
	}
}

// wouldFind says that a rule has looked at all that it needs: then what it does not find is
// not there.
func (p *Pass) wouldFind(name, file string, rules []*Rule) bool {
	if p.Partial {
		return false
	}
	i := slices.IndexFunc(rules, func(r *Rule) bool { return r.is(name) })
	if i < 0 || rules[i].Needs != NeedsFiles {
		return false
	}
	if p.Level != nil {
		if level, ok := p.Level(rules[i], file); ok && level == Off {
			return false
		}
	}
	return true
}

// comment is what to take away with a suppression: its line when nothing else is there, else
// the blanks before it too.
func comment(s *suppression) manifest.Range {
	at := s.At
	if s.Alone {
		at.Start.Column = 1
		at.End = manifest.Position{Line: at.Start.Line + 1, Column: 1}
		return at
	}
	before := string([]rune(s.line)[:at.Start.Column-1])
	at.Start.Column = utf8.RuneCountInString(strings.TrimRight(before, " \t")) + 1
	return at
}

func (r *Rule) is(name string) bool { return strings.EqualFold(r.ID, name) || r.Slug == name }
