package overview

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tree"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
)

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	screentest.Golden(t, name+".txt", got+"\n")
}

// workload makes a row; of its name and state everything else follows.
func workload(namespace, name string, state feed.State) feed.Row {
	r := feed.Row{
		Ref: tree.Ref{APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.KindWorkload, Namespace: namespace, Name: name},
		UID: "uid-" + name, State: state, Type: "web", Blueprint: "web-chain", Steps: 5, StepsReady: 5, Owners: -1,
		Output:  "registry.shop.example/" + name + "@sha256:4f2a91c07d11",
		Created: screentest.Now.Add(-time.Duration(len(name)) * 5 * time.Hour),
		Labels:  map[string]string{"app": name, "team": namespace},
	}
	switch state {
	case feed.Failed:
		r.StepsReady, r.Step, r.Cause = 1, "image", "BuildFailed: step build of pod "+name+"-build-x7k2m ended with exit code 1: npm ERR! missing script: build"
	case feed.Waiting:
		r.StepsReady, r.Step, r.Cause = 3, "config", "MissingValueAtPath: waiting for .status.latestImage of image/"+name
	}
	return r
}

// shop is a small cluster.
func shop() []feed.Row {
	rows := []feed.Row{
		workload("shop", "cart", feed.Ready), workload("shop", "checkout", feed.Failed), workload("shop", "catalogue", feed.Waiting),
		workload("shop", "search", feed.Ready), workload("payments", "ledger", feed.Ready), workload("payments", "gateway", feed.Deleting),
		workload("payments", "fraud-detection-with-a-rather-long-name", feed.Failed),
	}
	rows[4].Type, rows[4].Blueprint = "worker", "worker-chain"
	return rows
}

func owners(namespace string) feed.Topic {
	return feed.Owners{Kind: v1alpha1.KindWorkload, Namespace: namespace}
}

// opened shows the rows.
func opened(t *testing.T, width, height int, rows ...feed.Row) *screentest.Driver {
	t.Helper()
	d := screentest.New(t, New(v1alpha1.KindWorkload), width, height)
	return d.Deliver(owners(""), feed.OwnersChanged{Changed: rows, Synced: true})
}

// many makes rows of which some have problems.
func many(n int) []feed.Row {
	rows := make([]feed.Row, n)
	for i := range rows {
		state := feed.Ready
		switch {
		case i%97 == 3:
			state = feed.Failed
		case i%31 == 5:
			state = feed.Waiting
		}
		rows[i] = workload(fmt.Sprintf("team-%02d", i%20), fmt.Sprintf("service-%05d", i), state)
	}
	return rows
}

// picture is what a person sees: the status, and the screen.
func picture(d *screentest.Driver) string {
	return d.Screen.Title() + " | " + plainText(d.Screen.Status(d.Env)) + "\n" + d.View()
}

func TestGolden(t *testing.T) {
	wide := workload("shop", "検索サービス", feed.Failed)
	wide.Cause = "ビルドに失敗しました: イメージをプッシュできません"
	hostile := workload("shop", "hostile", feed.Failed)
	hostile.Cause = "\x1b[31mred\x1b]0;title\a\nand a\tsecond line \u202egnp.exe"
	blueprint := feed.Row{
		Ref: tree.Ref{Kind: v1alpha1.KindClusterSupplyChain, Name: "web-chain"}, State: feed.Ready, Steps: 5, Owners: 12, Created: screentest.Now.Add(-time.Hour),
	}
	broken := blueprint
	broken.Ref.Name, broken.State, broken.Owners, broken.Cause = "worker-chain", feed.Failed, 0, "TemplatesNotFound: clusterimagetemplate kpack is not there"
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}, {40, 12}, {60, 12}, {300, 50}} {
		name := func(s string) string { return fmt.Sprintf("%s-%dx%d", s, size.width, size.height) }
		t.Run(name(""), func(t *testing.T) {
			golden(t, name("shop"), picture(opened(t, size.width, size.height, shop()...)))
			golden(t, name("wide-characters"), picture(opened(t, size.width, size.height, append(shop(), wide, hostile)...)))
			golden(t, name("wide"), picture(opened(t, size.width, size.height, shop()...).Press("ctrl+w")))
			golden(t, name("nothing"), picture(opened(t, size.width, size.height)))
			golden(t, name("ten-thousand"), picture(opened(t, size.width, size.height, many(10000)...).Press("G", "k", "space", "k")))
			d := screentest.New(t, New(v1alpha1.KindClusterSupplyChain), size.width, size.height)
			d.Deliver(feed.Owners{Kind: v1alpha1.KindClusterSupplyChain}, feed.OwnersChanged{Changed: []feed.Row{broken, blueprint}, Synced: true})
			golden(t, name("blueprints"), picture(d))
		})
	}
	t.Run("without Unicode", func(t *testing.T) {
		d := opened(t, 80, 12, shop()...)
		d.Env.Theme = ascii()
		got := picture(d.Press("space", "/").Type("e"))
		for _, r := range got {
			if r > '~' {
				t.Errorf("%q is drawn where only ASCII may be:\n%s", r, got)
			}
		}
		golden(t, "ascii", got)
	})
	t.Run("colours", func(t *testing.T) {
		d := opened(t, 80, 12, shop()...)
		d.Env.Theme = dark()
		d.Deliver(owners(""), feed.OwnersChanged{Changed: []feed.Row{workload("shop", "search", feed.Failed)}})
		d.Press("j", "space", "j", "/").Type("cart").Press("backspace", "backspace", "backspace", "enter")
		golden(t, "dark", strings.ReplaceAll(d.Screen.Status(d.Env)+"\n"+d.Screen.View(d.Env), "\x1b", "␛"))
	})
}

func TestNothingToSee(t *testing.T) {
	forbidden := feed.Fault{Final: true, Err: errForbidden()}
	for _, c := range []struct {
		name, why string
		do        func(d *screentest.Driver)
		want      []string
	}{
		{"loading", "nothing has arrived", func(*screentest.Driver) {}, []string{"Reading workloads in any namespace"}},
		{"none", "a person learns what can be done", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.OwnersChanged{Synced: true})
		}, []string{"No workloads in any namespace.", "workload create NAME", "tab goes to"}},
		{"none to write", "with --write it can be done here", func(d *screentest.Driver) {
			d.Env.Write = true
			d.Deliver(owners(""), feed.OwnersChanged{Synced: true})
		}, []string{"a creates one."}},
		{"none here", "there may be some elsewhere", func(d *screentest.Driver) {
			goTo(d, "shop")
			d.Deliver(owners("shop"), feed.OwnersChanged{Synced: true})
		}, []string{"No workloads in namespace shop.", "0 shows all namespaces."}},
		{"forbidden", "what to ask for", func(d *screentest.Driver) {
			d.Deliver(owners(""), forbidden)
		}, []string{"You may not read workloads in any namespace.", "list and watch", ":ns NAME"}},
		{"not installed", "an empty table would be a lie", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.Fault{Final: true, Err: errNoMatch()})
		}, []string{"does not know workloads", "kubectl carto install"}},
		{"lost", "it is tried again by itself", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.Fault{Err: errors.New("dial tcp: connection\x1b[2J refused")})
		}, []string{"it is tried again", "connection", "refused"}},
		{"filtered", "the filter is to blame, not the cluster", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.OwnersChanged{Changed: shop(), Synced: true}).Press("/").Type("nowhere").Press("enter")
		}, []string{"None of 7 workloads matches nowhere.", "esc clears the filter."}},
		{"no problems", "good news", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.OwnersChanged{Changed: shop()[:1], Synced: true}).Press("ctrl+z")
		}, []string{"No problems: all 1 workloads are ready.", "ctrl-z shows them."}},
		{"recovered", "a delivery ends a fault", func(d *screentest.Driver) {
			d.Deliver(owners(""), forbidden).Deliver(owners(""), feed.OwnersChanged{Changed: shop(), Synced: true})
		}, []string{"checkout"}},
		{"old rows", "they stay, and are called old", func(d *screentest.Driver) {
			d.Deliver(owners(""), feed.OwnersChanged{Changed: shop(), Synced: true}).Deliver(owners(""), feed.Fault{Err: errors.New("timeout")})
		}, []string{"checkout", "these rows may be old; it is tried again: timeout"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := screentest.New(t, New(v1alpha1.KindWorkload), 100, 14)
			c.do(d)
			got := d.View()
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s: %q is not said in\n%s", c.why, want, got)
				}
			}
			if status := d.Screen.Status(d.Env); c.name == "forbidden" && status != "" {
				t.Errorf("what can not be read is not counted: %q", status)
			}
			if strings.ContainsRune(d.Screen.View(d.Env), '\a') || strings.Contains(got, "\x1b[2J") {
				t.Errorf("control characters reach the terminal: %q", got)
			}
		})
	}
}

// TestEverySize: no size makes the screen panic or draw outside of it.
func TestEverySize(t *testing.T) {
	for _, prepare := range []func(d *screentest.Driver){
		func(*screentest.Driver) {},
		func(d *screentest.Driver) { d.Press("/").Type("-l a==") },
		func(d *screentest.Driver) { d.Press("ctrl+w", "G", "s", "s", "space") },
		func(d *screentest.Driver) { d.Press("/").Type("-f cart").Press("enter", "ctrl+z") },
		func(d *screentest.Driver) { d.Deliver(owners(""), feed.Fault{Err: errors.New("timeout")}) },
		func(d *screentest.Driver) { d.Deliver(owners(""), feed.OwnersChanged{Reset: true, Synced: true}) },
	} {
		row := workload("ns", "日本語の名前", feed.Failed)
		d := opened(t, 80, 24, append(shop(), row)...)
		prepare(d)
		for width := 1; width < 130; width++ {
			for _, height := range []int{1, 2, 3, 4, 7, 30} {
				d.Env.Width, d.Env.Height = width, height
				d.View()
				if d.Press("down", "up"); t.Failed() {
					t.Fatalf("at %d×%d", width, height)
				}
			}
		}
	}
}

// TestStableWidths: scrolling moves no column.
func TestStableWidths(t *testing.T) {
	d := opened(t, 100, 10, append(many(300), workload("zzz", strings.Repeat("long", 10), feed.Failed))...)
	head, _, _ := strings.Cut(d.View(), "\n")
	for range 30 {
		d.Press("pgdown")
		if now, _, _ := strings.Cut(d.View(), "\n"); now != head {
			t.Fatalf("columns moved from\n%s\nto\n%s", head, now)
		}
	}
}
