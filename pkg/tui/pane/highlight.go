package pane

import (
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"github.com/carto-run/carto/pkg/tui/viewer"
)

// highlight cuts YAML into lines whose parts look as what they are. The text stays as it is
// whatever it holds: where the lexer gives up, the rest is plain.
func highlight(yaml string) []viewer.Line {
	tokens := tokenize(yaml)
	var p painter
	at := 0
	for i, t := range tokens {
		// A lexer that normalised something would be out of step; better plain than wrong.
		if !strings.HasPrefix(yaml[at:], t.Origin) {
			break
		}
		p.paint(lookOf(t, i+1 < len(tokens) && tokens[i+1].Type == token.MappingValueType), t.Origin)
		at += len(t.Origin)
	}
	p.paint(viewer.Plain, yaml[at:])
	if p.line.Text != "" {
		p.lines = append(p.lines, p.line)
	}
	return p.lines
}

// tokenize never panics: what the lexer can not take has no tokens.
func tokenize(yaml string) (tokens token.Tokens) {
	defer func() {
		if recover() != nil {
			tokens = nil
		}
	}()
	return lexer.Tokenize(yaml)
}

func lookOf(t *token.Token, isKey bool) viewer.Look {
	if isKey {
		return viewer.Key
	}
	switch t.Type {
	case token.CommentType:
		return viewer.Comment
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType:
		return viewer.String
	case token.IntegerType, token.BinaryIntegerType, token.OctetIntegerType, token.HexIntegerType, token.FloatType, token.InfinityType, token.NanType:
		return viewer.Number
	case token.BoolType, token.NullType:
		return viewer.Bool
	}
	return viewer.Plain
}

// painter puts pieces together to lines.
type painter struct {
	lines []viewer.Line
	line  viewer.Line
}

func (p *painter) paint(look viewer.Look, text string) {
	for {
		piece, rest, more := strings.Cut(text, "\n")
		// Space around a token belongs to the lexer's origin of it, not to how it looks.
		word := strings.TrimLeft(piece, " ")
		p.line.Text += piece[:len(piece)-len(word)]
		p.line = p.line.Say(look, word)
		if !more {
			return
		}
		p.lines, p.line = append(p.lines, p.line), viewer.Line{}
		text = rest
	}
}
