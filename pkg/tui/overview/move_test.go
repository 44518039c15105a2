package overview

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/filter"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// selected is the name in the row with the cursor, and its line.
func selected(d *screentest.Driver) (string, int) {
	for i, line := range strings.Split(d.View(), "\n") {
		if rest, ok := strings.CutPrefix(line, "›"); ok {
			return strings.Fields(strings.TrimPrefix(rest, "•"))[1], i
		}
	}
	return "", -1
}

func TestMove(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want int
		why  string
	}{
		{nil, 0, "the first one at the beginning"},
		{[]string{"j", "down", "k"}, 1, "down and up"},
		{[]string{"k"}, 0, "not above the first"},
		{[]string{"G"}, 99, "the last"},
		{[]string{"end", "j"}, 99, "not below it"},
		{[]string{"G", "g"}, 0, "the first"},
		{[]string{"G", "home"}, 0, "the first, too"},
		{[]string{"ctrl+d"}, 4, "half of nine lines"},
		{[]string{"ctrl+d", "ctrl+u"}, 0, "and back"},
		{[]string{"pgdown", "pgdown"}, 18, "two pages"},
		{[]string{"pgdown", "pgup"}, 0, "and back"},
	} {
		d := opened(t, 80, 10, many(100)...).Press("0")
		d.Press(c.keys...)
		if got := d.Screen.(*overview).at; got != c.want {
			t.Errorf("%v: row %d, want %d: %s", c.keys, got, c.want, c.why)
		}
		if _, line := selected(d); line < 1 {
			t.Errorf("%v: the selected row is out of sight", c.keys)
		}
	}
}

func TestSelectionStays(t *testing.T) {
	rows := func(names ...string) []feed.Row {
		var rows []feed.Row
		for _, n := range names {
			rows = append(rows, workload("ns", n, feed.Ready))
		}
		return rows
	}
	d := opened(t, 80, 6, rows("d", "e", "f", "g", "h", "i", "j", "k")...).Press("j", "j", "j", "j", "j")
	name, line := selected(d)
	d.Deliver(owners(""), feed.OwnersChanged{Changed: rows("a", "b", "z")})
	if now, at := selected(d); now != name || at != line {
		t.Errorf("rows came: %s on line %d, was %s on line %d", now, at, name, line)
	}
	d.Deliver(owners(""), feed.OwnersChanged{Gone: []feed.Key{{Namespace: "ns", Name: "a"}, {Namespace: "ns", Name: "d"}}})
	if now, at := selected(d); now != name || at != line {
		t.Errorf("rows went: %s on line %d, was %s on line %d", now, at, name, line)
	}
	d.Press("S")
	if now, _ := selected(d); now != name {
		t.Errorf("the order was reversed: %s, was %s", now, name)
	}
	d.Press("S").Deliver(owners(""), feed.OwnersChanged{Gone: []feed.Key{{Namespace: "ns", Name: name}}})
	if now, _ := selected(d); now != "j" {
		t.Errorf("it went itself: the one in its place is selected, not %s", now)
	}
	d.Deliver(owners(""), feed.OwnersChanged{Reset: true})
	d.Deliver(owners(""), feed.OwnersChanged{Changed: rows("j", "x", "y"), Synced: true})
	if now, _ := selected(d); now != "j" {
		t.Errorf("all was read again: %s", now)
	}
}

// TestSelectionAtFirst: while rows arrive, the first one stays selected.
// TestSelectionOutlastsReset: after a refresh the selected row may come with a later page.
func TestSelectionOutlastsReset(t *testing.T) {
	rows := many(100)
	d := opened(t, 80, 10, rows...).Press("G", "k")
	before, _ := selected(d)
	d.Deliver(owners(""), feed.OwnersChanged{Reset: true, Changed: rows[:20]})
	d.Deliver(owners(""), feed.OwnersChanged{Changed: rows[20:], Synced: true})
	if got, _ := selected(d); got != before {
		t.Errorf("%s was selected, and %s is:\n%s", before, got, d.View())
	}
	d.Deliver(owners(""), feed.OwnersChanged{Reset: true, Changed: rows[:20]})
	first, _ := selected(d.Press("g"))
	d.Deliver(owners(""), feed.OwnersChanged{Changed: rows[20:], Synced: true})
	if got, _ := selected(d); got != first {
		t.Errorf("the first was chosen meanwhile, and %s is selected", got)
	}
}

func TestSelectionAtFirst(t *testing.T) {
	d := screentest.New(t, New("Workload"), 80, 10)
	d.Deliver(owners(""), feed.OwnersChanged{Changed: many(100)[50:]}).Deliver(owners(""), feed.OwnersChanged{Changed: many(50), Synced: true})
	if name, line := selected(d); name != "service-00000" || line != 1 {
		t.Errorf("%s on line %d", name, line)
	}
}

func TestMouse(t *testing.T) {
	d := opened(t, 80, 10, many(100)...)
	click := func(x, y int) { d.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	click(5, 3)
	if got := d.Screen.(*overview).at; got != 2 {
		t.Errorf("a click on the third row selects row %d", got)
	}
	d.Env.Now = d.Env.Now.Add(2 * time.Second)
	click(5, 3)
	if len(d.Sent) > 0 {
		t.Errorf("two slow clicks are no double click: %#v", d.Sent)
	}
	d.Env.Now = d.Env.Now.Add(time.Second) // which began between the clicks
	click(5, 3)
	last[screen.Push](t, d)
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown})
	if o := d.Screen.(*overview); o.top != 3 || o.at != 3 {
		t.Errorf("the wheel scrolls, and the selection stays in sight: first line %d, selected %d", o.top, o.at)
	}
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp})
	if o := d.Screen.(*overview); o.top != 0 {
		t.Errorf("the wheel ends at the top: %d", o.top)
	}
	click(strings.Index(d.View(), "STATE"), 0)
	if o := d.Screen.(*overview); o.rows.rule.by != colState {
		t.Errorf("a click on a title sorts by it, not by %s", titles[o.rows.rule.by])
	}
	for _, m := range []tea.Msg{
		tea.MouseClickMsg{X: 0, Y: 99, Button: tea.MouseLeft}, tea.MouseClickMsg{X: -1, Y: -1, Button: tea.MouseLeft},
		tea.MouseClickMsg{X: 5, Y: 5, Button: tea.MouseRight}, tea.MouseWheelMsg{Button: tea.MouseWheelLeft},
	} {
		d.Send(m)
	}
}

func TestFilterLine(t *testing.T) {
	d := opened(t, 80, 12, shop()...).Press("/")
	if !d.Screen.Typing() || !strings.Contains(d.View(), "-l label=value") {
		t.Errorf("the empty line says what it takes:\n%s", d.View())
	}
	d.Type("qr").Press("backspace", "backspace").Type("s1")
	if got := d.View(); !strings.Contains(got, "/s1") || !strings.Contains(got, "0 of 7") {
		t.Errorf("keys are text, digits and s as well, and hold at once:\n%s", got)
	}
	d.Press("backspace", "down", "enter")
	if d.Screen.Typing() || !strings.Contains(plainText(d.Screen.Status(d.Env)), "filter s") {
		t.Error("enter keeps it")
	}
	d.Press("/").Type("x").Press("esc")
	if d.Screen.Typing() || strings.Contains(plainText(d.Screen.Status(d.Env)), "filter") {
		t.Error("esc clears it")
	}
	d.Press("/").Type("-l app=")
	before := d.Screen.(*overview).rows.shown
	d.Type("=,")
	if got := d.View(); !strings.Contains(got, "not a label selector") || len(before) != len(d.Screen.(*overview).rows.shown) {
		t.Errorf("a fault is said in the line, and the filter before it holds:\n%s", got)
	}
	if d.Press("enter"); !d.Screen.Typing() {
		t.Error("what is no filter can not be kept")
	}
	d.Press("esc", "/").Send(tea.PasteMsg{Content: "checkout\n\x1b[31m"})
	if got := d.Screen.View(d.Env); strings.Contains(got, "\x1b[31m") {
		t.Errorf("pasted control characters are drawn: %q", got)
	}
}

// TestFilterSelects: what was found is selected; who clears the filter is still there.
func TestFilterSelects(t *testing.T) {
	d := opened(t, 100, 20, shop()...).Press("j", "/").Type("search")
	if name, line := selected(d); name != "search" || line != 1 {
		t.Errorf("%s on line %d", name, line)
	}
	if name, _ := selected(d.Press("esc")); name != "search" {
		t.Errorf("cleared: %s", name)
	}
	if name, _ := selected(d.Press("/").Type("-f shch")); name != "checkout" && name != "search" {
		t.Errorf("the best match: %s", name)
	}
	if name, _ := selected(d.Press("esc", "g", "/").Type("fraud")); !strings.HasPrefix(name, "fraud") {
		t.Errorf("what matches stays selected: %s", name)
	}
}

func TestSort(t *testing.T) {
	for _, c := range []struct {
		by   column
		want string
		why  string
	}{
		{colNamespace, "fraud gateway ledger cart catalogue checkout search", "namespace, then name"},
		{colName, "cart catalogue checkout fraud gateway ledger search", "name alone"},
		{colState, "fraud checkout catalogue gateway ledger cart search", "problems first"},
		{colSteps, "fraud checkout catalogue gateway ledger cart search", "what is least done first"},
		{colCause, "catalogue checkout fraud gateway ledger cart search", "what has no cause last"},
		{colAge, "cart ledger search gateway checkout catalogue fraud", "the youngest first"},
	} {
		d := opened(t, 120, 20, shop()...)
		o := d.Screen.(*overview)
		if c.by != byDefault {
			o.sortBy(c.by)
		}
		var got []string
		for _, e := range o.rows.shown {
			name, _, _ := strings.Cut(e.key.Name, "-")
			got = append(got, name)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("by %s: %s, want %s: %s", titles[c.by], got, c.want, c.why)
		}
	}
	d := opened(t, 80, 10, shop()...)
	seen := []string{}
	for range 6 {
		head, _, _ := strings.Cut(d.Press("s").View(), "\n")
		before, _, _ := strings.Cut(head, " ↑")
		seen = append(seen, before[strings.LastIndex(before, " ")+1:])
	}
	if got := strings.Join(seen, " "); got != "NAME STATE STEPS CAUSE NAMESPACE NAME" {
		t.Errorf("s goes through the columns on screen: %s", got)
	}
}

func TestFlash(t *testing.T) {
	d := opened(t, 100, 12, shop()...)
	d.Env.Theme = dark()
	// Pink is used for nothing else here.
	flashes := func() bool { return strings.Contains(d.Screen.View(d.Env), "38;5;213m") }
	if flashes() {
		t.Error("what is there at the beginning is not news")
	}
	d.Deliver(owners(""), feed.OwnersChanged{Changed: shop()[1:2]})
	if flashes() {
		t.Error("a row that looks as before has not changed for people")
	}
	d.Deliver(owners(""), feed.OwnersChanged{Changed: []feed.Row{workload("shop", "search", feed.Failed)}})
	if !flashes() {
		t.Error("a change has to be seen")
	}
	d.Env.Now = d.Env.Now.Add(flash)
	d.Send(screen.Tick{Now: d.Env.Now})
	if flashes() {
		t.Error("it has to end")
	}
}

// TestRowsAgainstModel: whatever comes, the lists kept in order are those that sorting all
// rows anew would give.
func TestRowsAgainstModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	typed := []string{"", "1", "!1", "-f s2", "-l team=b"}
	for round := range 200 {
		rows := newRows(func(r *feed.Row) bool { return r.Type != "foreign" })
		model := map[feed.Key]feed.Row{}
		for range 20 {
			var c feed.OwnersChanged
			c.Reset = random.IntN(15) == 0
			if c.Reset {
				clear(model)
			}
			for range random.IntN(6) {
				key := feed.Key{Namespace: string(rune('a' + random.IntN(3))), Name: fmt.Sprint("s", random.IntN(12))}
				c.Gone = append(c.Gone, key)
				delete(model, key)
			}
			for range random.IntN(12) {
				state := []feed.State{feed.Ready, feed.Failed, feed.Waiting, feed.Deleting, ""}[random.IntN(5)]
				row := workload(string(rune('a'+random.IntN(3))), fmt.Sprint("s", random.IntN(12)), state)
				if random.IntN(8) == 0 {
					row.Type = "foreign"
					delete(model, row.Key())
				} else {
					model[row.Key()] = row
				}
				c.Changed = append(c.Changed, row)
			}
			rows.apply(c, screentest.Now)
			if random.IntN(3) == 0 {
				f, err := filter.Parse(typed[random.IntN(len(typed))])
				if err != nil {
					t.Fatal(err)
				}
				rows.choose(rule{filter: f, problems: random.IntN(2) == 0, by: column(random.IntN(int(columns))), reverse: random.IntN(2) == 0})
			}
			fresh := newRows(rows.belongs)
			fresh.rule = rows.rule
			var all []feed.Row
			for _, row := range model {
				all = append(all, row)
			}
			fresh.apply(feed.OwnersChanged{Changed: all}, screentest.Now)
			fresh.choose(rows.rule)
			if got, want := names(rows.shown), names(fresh.shown); !slices.Equal(got, want) {
				t.Fatalf("round %d, %+v:\n got %v\nwant %v", round, rows.rule, got, want)
			}
			if got, want := names(rows.all), names(fresh.all); !slices.Equal(got, want) {
				t.Fatalf("round %d, all:\n got %v\nwant %v", round, got, want)
			}
			for s, n := range fresh.states {
				if rows.states[s] != n {
					t.Fatalf("round %d: %d are %s, want %d", round, rows.states[s], s, n)
				}
			}
			for col := range columns {
				if got, want := rows.widths[col].max, fresh.widths[col].max; got != want {
					t.Fatalf("round %d: %s is %d wide, want %d", round, titles[col], got, want)
				}
			}
		}
	}
}

func names(entries []*entry) []string {
	var names []string
	for _, e := range entries {
		names = append(names, e.name())
	}
	return names
}

// TestSideways: more columns take none away that were seen, and all of them are reached.
func TestSideways(t *testing.T) {
	t.Parallel()
	for _, width := range []int{80, 110, 120, 150} {
		d := opened(t, width, 24, shop()...)
		titlesSeen := func() []string {
			line, _, _ := strings.Cut(plainText(d.View()), "\n")
			return strings.Fields(strings.NewReplacer("↑", "", "…", "").Replace(line))
		}
		before := titlesSeen()
		d.Press("ctrl+w")
		if got := titlesSeen(); !slices.Equal(got[:min(len(got), len(before))], before) {
			t.Errorf("at %d columns %v became %v", width, before, got)
		}
		seen := map[string]bool{}
		for range int(columns) {
			for _, title := range titlesSeen() {
				seen[title] = true
			}
			if !slices.Contains(titlesSeen(), "NAME") {
				t.Errorf("at %d columns the names are scrolled away", width)
			}
			d.Press("right")
		}
		for _, title := range []string{"TYPE", "STATE", "STEPS", "CAUSE", "BLUEPRINT", "OUTPUT", "LABELS", "AGE"} {
			if !seen[title] {
				t.Errorf("at %d columns %s is not reached", width, title)
			}
		}
		for range int(columns) {
			d.Press("left")
		}
		if got := titlesSeen(); !slices.Equal(got, before) {
			t.Errorf("at %d columns left does not end where it began: %v, then %v", width, before, got)
		}
	}
}

// TestWholeCause: a cause that its column cuts is seen below the rows.
func TestWholeCause(t *testing.T) {
	t.Parallel()
	long := workload("shop", "cart", feed.Failed)
	long.Cause = "quota exceeded: " + strings.Repeat("x", 30) + " the end"
	d := opened(t, 100, 24, long, workload("shop", "search", feed.Ready))
	if got := d.View(); !strings.HasSuffix(got, "the end") {
		t.Errorf("the end of the cause is not there:\n%s", got)
	}
	d.Press("j")
	if got := d.View(); !strings.HasSuffix(got, "\n") {
		t.Errorf("one that is ready has a cause:\n%s", got)
	}
}
