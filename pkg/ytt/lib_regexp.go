package ytt

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

func init() {
	modules["regexp"] = newModule("regexp", map[string]builtinFunc{"match": regexpMatch, "replace": regexpReplace})
}

const (
	// maxPatternSize bounds the compiled form of a pattern, in instructions and ranges
	// of characters, roughly: a{1000} is short, and long when it is compiled.
	maxPatternSize = 20_000
	// maxMatchWork bounds the length of a text times the size of the pattern: a match
	// takes that time, and can not be interrupted.
	maxMatchWork = 100_000_000
	// maxReplaceWork bounds the same for all matches in a text: a pattern such as
	// (.*x)|y looks through the rest of the text for each of them.
	maxReplaceWork = 2 * maxMatchWork
	// maxMatches in a text that is replaced, together with their groups.
	maxMatches = 100_000
	// maxGroups of a pattern: each is noted for each match, and for each way to match
	// that is still open.
	maxGroups = 100
)

func regexpMatch(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var pattern, s string
	if err := starlark.UnpackPositionalArgs("regexp.match", args, kwargs, 2, &pattern, &s); err != nil {
		return nil, err
	}
	re, _, err := m.pattern(pattern, s)
	if err != nil {
		return nil, err
	}
	return starlark.Bool(re.MatchString(s)), nil
}

func regexpReplace(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var pattern, s string
	var replacement starlark.Value
	if err := starlark.UnpackPositionalArgs("regexp.replace", args, kwargs, 3, &pattern, &s, &replacement); err != nil {
		return nil, err
	}
	re, most, err := m.pattern(pattern, s)
	if err != nil {
		return nil, err
	}
	template, isText := starlark.AsString(replacement)
	f, isFunction := replacement.(starlark.Callable)
	if !isText && !isFunction {
		return nil, fmt.Errorf("the replacement is a string or a function, not a %s", replacement.Type())
	}
	matches := re.FindAllStringSubmatchIndex(s, most+1)
	if len(matches) > most {
		return nil, exceeds("matches of this regular expression in this text", most, "")
	}
	if err := m.entries(len(matches), 2*listEntry*(1+re.NumSubexp())); err != nil {
		return nil, err
	}
	var out []byte
	last, dollars := 0, strings.Count(template, "$")
	for _, match := range matches {
		out = append(out, s[last:match[0]]...)
		if isText {
			// Each $ stands for no more than the match.
			if err := m.fits(len(out) + len(template) + dollars*(match[1]-match[0])); err != nil {
				return nil, err
			}
			out = re.ExpandString(out, template, s, match)
		} else {
			text, err := m.replacement(f, s[match[0]:match[1]])
			if err != nil {
				return nil, err
			}
			out = append(out, text...)
		}
		last = match[1]
		if len(out) > m.limits.String {
			break
		}
	}
	out = append(out, s[last:]...)
	return starlark.String(out), m.text(len(out))
}

func (m *machine) replacement(f starlark.Callable, match string) (string, error) {
	v, err := m.invoke(f, starlark.Tuple{starlark.String(match)}, nil)
	if err != nil {
		return "", err
	}
	text, ok := starlark.AsString(v)
	if !ok {
		return "", fmt.Errorf("the replacement function returned a %s, not a string", v.Type())
	}
	return text, nil
}

// pattern compiles a pattern that is to be matched with s, and says how many matches can
// be looked for.
func (m *machine) pattern(pattern, s string) (re *regexp.Regexp, most int, err error) {
	if len(pattern) > m.limits.Pattern {
		return nil, 0, exceeds("length of a regular expression", fmt.Sprintf("%d bytes", m.limits.Pattern), "")
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, 0, err
	}
	groups := parsed.MaxCap()
	if groups > maxGroups {
		return nil, 0, exceeds("groups of a regular expression", maxGroups, "")
	}
	size := sizeOf(parsed)
	if size > maxPatternSize {
		return nil, 0, exceeds("size of a regular expression", maxPatternSize, "")
	}
	size = size * (8 + groups) / 8
	if len(s) > maxMatchWork/max(size, 16) {
		return nil, 0, exceeds("length of a text that is matched with this regular expression", fmt.Sprintf("%d bytes", maxMatchWork/max(size, 16)), "")
	}
	if err := m.spend(64 * size); err != nil {
		return nil, 0, err
	}
	// One look reaches to the end of the text, or as far as the pattern is long.
	reach := len(s)
	if longest := longestMatch(parsed); longest >= 0 {
		reach = min(reach, longest)
	}
	re, err = regexp.Compile(pattern)
	return re, min(maxMatches/(1+groups), maxReplaceWork/(size*max(reach, 1))), err
}

// longestMatch is the length in bytes that a match of the pattern can have at most; -1
// when there is no end.
func longestMatch(re *syntax.Regexp) int {
	total, longest := 0, 0
	for _, sub := range re.Sub {
		n := longestMatch(sub)
		if n < 0 {
			return -1
		}
		total, longest = total+n, max(longest, n)
	}
	switch re.Op {
	case syntax.OpLiteral:
		return utf8.UTFMax * len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return utf8.UTFMax
	case syntax.OpStar, syntax.OpPlus:
		return -1
	case syntax.OpRepeat:
		if re.Max < 0 {
			return -1
		}
		return total * re.Max
	case syntax.OpAlternate:
		return longest
	}
	return total
}

// sizeOf estimates the compiled size of a pattern.
func sizeOf(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)/2
	for _, sub := range re.Sub {
		size += sizeOf(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Max, re.Min, 1)
	}
	return min(size, 1<<30)
}
