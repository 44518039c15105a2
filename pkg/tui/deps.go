package tui

// Kept until the screens use them.
import (
	_ "charm.land/bubbles/v2/textinput"
	_ "github.com/goccy/go-yaml/lexer"
	_ "github.com/sahilm/fuzzy"
)
