package overview

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/tui/screen"
	"github.com/carto-run/carto/pkg/tui/screen/screentest"
	"github.com/carto-run/carto/pkg/tui/theme"
)

// crowd is a table of that many rows, on a large screen with colours.
func crowd(n int) (*overview, *screen.Env) {
	o := newOverview(v1alpha1.KindWorkload, nil)
	env := &screen.Env{Width: 200, Height: 60, Now: screentest.Now, Theme: theme.New(theme.Dark, true), World: &screentest.World{Followed: map[feed.ID]feed.Topic{}}}
	o.Init(env)
	o.Update(env, feed.Delivery{ID: o.id, Payload: feed.OwnersChanged{Changed: many(n), Synced: true}})
	return o, env
}

// BenchmarkDelivery: a burst of a thousand changes in tables of several sizes.
func BenchmarkDelivery(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for _, by := range []column{byDefault, colState} {
			b.Run(fmt.Sprintf("%d by %s", n, titles[by]), func(b *testing.B) {
				o, env := crowd(n)
				o.sortBy(by)
				changes := many(n)[:1000]
				for b.Loop() {
					for i := range changes {
						changes[i].StepsReady++
					}
					o.Update(env, feed.Delivery{ID: o.id, Payload: feed.OwnersChanged{Changed: changes}})
				}
			})
		}
	}
}

// BenchmarkKey: keys with the picture that follows.
func BenchmarkKey(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		for _, c := range []struct {
			name string
			keys []string
		}{
			{"move", []string{"j"}},
			{"page", []string{"pgdown"}},
			{"sort", []string{"s"}},
			{"reverse", []string{"S"}},
			{"problems", []string{"ctrl+z"}},
			{"type a filter", []string{"/", "c", "h", "e", "c", "k", "esc"}},
			{"type a fuzzy filter", []string{"/", "-", "f", "space", "t", "s", "9", "esc"}},
			{"type a selector", []string{"/", "-", "l", "space", "a", "p", "p", "esc"}},
		} {
			b.Run(fmt.Sprintf("%d %s", n, c.name), func(b *testing.B) {
				o, env := crowd(n)
				var keys []tea.KeyPressMsg
				for _, k := range c.keys {
					keys = append(keys, screentest.Key(k))
				}
				var longest time.Duration
				for b.Loop() {
					for _, k := range keys {
						begun := time.Now()
						o.Update(env, k)
						o.View(env)
						longest = max(longest, time.Since(begun))
					}
				}
				b.ReportMetric(float64(longest.Microseconds()), "longest-µs")
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(keys)), "µs/key")
			})
		}
	}
}

func BenchmarkView(b *testing.B) {
	o, env := crowd(10000)
	for b.Loop() {
		o.View(env)
	}
}

func BenchmarkFirst(b *testing.B) {
	rows := many(10000)
	for b.Loop() {
		o, env := crowd(0)
		o.Update(env, feed.Delivery{ID: o.id, Payload: feed.OwnersChanged{Changed: rows, Synced: true}})
	}
}
