package create

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/line"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// field is one line of the form: a text, or one of several choices.
type field struct {
	at    string
	label string
	// note explains it while it has the focus.
	note string
	// visited fields say what is missing; others are only about to be filled in.
	visited bool

	input textinput.Model
	// began is the text that stood there at first.
	began string

	// choices of a field that is no text, and the one that is chosen.
	choices []string
	chosen  int
}

// newText makes a field; hint stands where nothing is typed.
func newText(at, label, hint, note string) *field {
	in := line.New("")
	in.Placeholder = hint
	return &field{at: at, label: label, note: note, input: in}
}

func newChoice(at, label string) *field { return &field{at: at, label: label, choices: []string{""}} }

func (f *field) isChoice() bool { return f.choices != nil }

// begin puts a text into the field that nobody typed.
func (f *field) begin(text string) {
	f.input.SetValue(text)
	f.began = f.value()
}

func (f *field) value() string { return strings.TrimSpace(f.input.Value()) }

// touched tells whether a person filled it in.
func (f *field) touched() bool { return !f.isChoice() && f.value() != f.began }

func (f *field) focus() {
	if !f.isChoice() {
		_ = f.input.Focus() // its command is for a cursor that blinks
		f.input.CursorEnd()
	}
}

func (f *field) leave() {
	f.visited = true
	f.input.CursorStart() // a long text is shown from where it begins
	f.input.Blur()
}

// press gives a key to a text.
func (f *field) press(msg tea.KeyPressMsg) {
	msg.Text = clean(msg.Text)
	f.input, _ = f.input.Update(msg)
}

// paste puts a text in. Values of params come from files, where they take several lines:
// those are folded into one.
func (f *field) paste(text string) {
	if f.isChoice() {
		return
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(f.at, atParam) && strings.Contains(text, "\n") {
		if raw, err := yaml.YAMLToJSONStrict([]byte(text)); err == nil {
			text = string(raw)
		}
	}
	f.input, _ = f.input.Update(tea.PasteMsg{Content: clean(text)})
}

// clean takes out what steers a terminal.
func clean(text string) string {
	return strings.ReplaceAll(table.Printable(text), string(unicode.ReplacementChar), "")
}

// draw is the value of a field, or what may be typed there.
func (f *field) draw(t *theme.Theme, width int, focused bool) string {
	if f.isChoice() {
		return f.drawChoice(t, width, focused)
	}
	line.Look(&f.input, t)
	if width = max(1, width-1); width != f.input.Width() {
		f.input.SetWidth(width)
		f.input.SetCursor(f.input.Position())
	}
	if hint := f.input.Placeholder; f.input.Value() == "" && table.Width(hint) != utf8.RuneCountInString(hint) {
		return f.drawHint(t, width)
	}
	return f.input.View()
}

// drawHint draws what stands where nothing is typed. The input itself counts a wide character
// as two, and draws NUL for the second.
func (f *field) drawHint(t *theme.Theme, width int) string {
	hint := f.input.Placeholder
	if f.input.Focused() {
		return lipgloss.NewStyle().Reverse(true).Render(" ") + t.Faint.Render(table.Cut(hint, width-1, t.Unicode))
	}
	return t.Faint.Render(table.Cut(hint, width, t.Unicode))
}

func (f *field) drawChoice(t *theme.Theme, width int, focused bool) string {
	text := f.choices[f.chosen]
	if focused {
		text = t.Key.Render(mark(t, "‹", "<")) + " " + t.Selected.Render(text) + " " + t.Key.Render(mark(t, "›", ">"))
		if n := len(f.choices) - 1; n > 1 || n == 1 && f.chosen == 0 {
			text += "  " + t.Key.Render(mark(t, "←/→", "left/right")) + " " + t.Faint.Render(fmt.Sprintf("chooses one of %d", n))
		}
	}
	return table.Cut(text, width, t.Unicode)
}

// choose goes to another choice; around the ends.
func (f *field) choose(step int) { f.chosen = (f.chosen + step + len(f.choices)) % len(f.choices) }

// jump goes to the next choice that begins with a letter.
func (f *field) jump(text string) {
	r, _ := utf8.DecodeRuneInString(text)
	for i := 1; i <= len(f.choices); i++ {
		n := (f.chosen + i) % len(f.choices)
		if first, _ := utf8.DecodeRuneInString(f.choices[n]); unicode.ToLower(first) == unicode.ToLower(r) {
			f.chosen = n
			return
		}
	}
}
