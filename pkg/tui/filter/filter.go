// Package filter is the language of the filter line: what is typed after "/" decides which
// rows are shown.
//
//	cart            rows that contain the text, in any case
//	!cart           rows that do not
//	/^shop.*-v2$/   rows with a field that the regular expression matches; also !/…/
//	-l app=x,b!=y   rows whose labels the selector takes, as kubectl get -l
//	-f scart        rows whose namespace/name has these characters in this order, the best
//	                match first
package filter

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/sahilm/fuzzy"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/carto-run/carto/pkg/tui/feed"
)

// Subject is what a row offers to filters.
type Subject struct {
	// Key is namespace/name, or the name where there is no namespace.
	Key string
	// Text is all fields in lower case, one a line.
	Text   string
	Labels map[string]string
}

// SubjectOf a row.
func SubjectOf(r *feed.Row) Subject {
	key := r.Ref.Name
	if r.Ref.Namespace != "" {
		key = r.Ref.Namespace + "/" + r.Ref.Name
	}
	return Subject{
		Key:    key,
		Text:   strings.ToLower(strings.Join([]string{key, r.Type, string(r.State), Cause(r), r.Blueprint}, "\n")),
		Labels: r.Labels,
	}
}

// Cause of a row as people read it: the step at fault and what is wrong there.
func Cause(r *feed.Row) string {
	if r.Step == "" || r.Cause == "" {
		return r.Step + r.Cause
	}
	return r.Step + ": " + r.Cause
}

// Filter decides about rows. The zero Filter takes all.
type Filter struct {
	inverse  bool
	text     string
	pattern  *regexp.Regexp
	selector labels.Selector
	fuzzy    string
	// shown finds what matched in what is drawn.
	shown *regexp.Regexp
}

// Parse reads a filter. What is only begun, such as "!" or "-l", takes all rows, so that
// the table does not flicker while a person types.
func Parse(typed string) (Filter, error) {
	typed = strings.TrimSpace(typed)
	if rest, ok := option(typed, "-l"); ok {
		if rest == "" {
			return Filter{}, nil
		}
		selector, err := labels.Parse(rest)
		if err != nil {
			return Filter{}, fmt.Errorf("not a label selector: %w; try app=shop,team!=a", err)
		}
		return Filter{selector: selector}, nil
	}
	if rest, ok := option(typed, "-f"); ok {
		return Filter{fuzzy: strings.Join(strings.Fields(rest), "")}, nil
	}
	f := Filter{}
	if rest, ok := strings.CutPrefix(typed, "!"); ok {
		f.inverse, typed = true, strings.TrimSpace(rest)
	}
	if typed == "" {
		return Filter{}, nil
	}
	if len(typed) > 2 && strings.HasPrefix(typed, "/") && strings.HasSuffix(typed, "/") {
		pattern, err := regexp.Compile("(?im)" + typed[1:len(typed)-1])
		if err != nil {
			return Filter{}, fmt.Errorf("not a regular expression: %w", err)
		}
		f.pattern, f.shown = pattern, pattern
	} else {
		f.text = strings.ToLower(typed)
		// Text with bytes that are no characters is searched for all the same; only what
		// it matched is not pointed out then.
		f.shown, _ = regexp.Compile("(?i)" + regexp.QuoteMeta(typed))
	}
	if f.inverse {
		f.shown = nil
	}
	return f, nil
}

// option reads "-l rest". The blank is needed: "-local" is a text.
func option(typed, name string) (string, bool) {
	rest, ok := strings.CutPrefix(typed, name)
	if !ok || rest != "" && rest[0] != ' ' {
		return "", false
	}
	return strings.TrimSpace(rest), true
}

// All is true when the filter takes every row.
func (f *Filter) All() bool {
	return f.text == "" && f.pattern == nil && f.selector == nil && f.fuzzy == ""
}

// Ranks is true when the score of a match says how good it is.
func (f *Filter) Ranks() bool { return f.fuzzy != "" }

// Match decides about a row. The score is larger for better matches where the filter
// Ranks, and 0 elsewhere.
func (f *Filter) Match(s Subject) (score int, ok bool) {
	switch {
	case f.fuzzy != "":
		for _, m := range fuzzy.FindNoSort(f.fuzzy, []string{s.Key}) {
			return m.Score, true
		}
		return 0, false
	case f.selector != nil:
		return 0, f.selector.Matches(labels.Set(s.Labels))
	case f.pattern != nil:
		return 0, f.pattern.MatchString(s.Text) != f.inverse
	case f.text != "":
		return 0, strings.Contains(s.Text, f.text) != f.inverse
	}
	return 0, true
}

// Span is a part of a text, in bytes.
type Span struct{ From, To int }

// Spans are the parts of a drawn field that the filter found, in order. Where the filter
// Ranks, the text is the Key of the row.
func (f *Filter) Spans(text string) []Span {
	var spans []Span
	if f.fuzzy != "" {
		for _, m := range fuzzy.FindNoSort(f.fuzzy, []string{text}) {
			for _, at := range m.MatchedIndexes {
				_, size := utf8.DecodeRuneInString(text[at:])
				if n := len(spans); n > 0 && spans[n-1].To == at {
					spans[n-1].To = at + size
				} else {
					spans = append(spans, Span{at, at + size})
				}
			}
		}
		return spans
	}
	if f.shown == nil {
		return nil
	}
	for _, at := range f.shown.FindAllStringIndex(text, -1) {
		if at[1] > at[0] {
			spans = append(spans, Span{at[0], at[1]})
		}
	}
	return spans
}
