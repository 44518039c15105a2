package monitoring

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/promqltest"
)

// story is what Prometheus scrapes, in its notation: one sample a minute, a+bxn for n more
// that grow by b. POD stands for the labels of the replica at work, STANDBY for the other's.
type story struct{ reason, series string }

// stories has for each alert what makes it fire, and what must not.
var stories = map[string]struct{ fires, quiet []story }{
	"CartoAgentAbsent": {
		fires: []story{{"nothing is scraped", `up{job="x"} 1x60`}, {"the agent went away", "carto_leader{POD} 1x10 _x50"}},
		quiet: []story{{"one stands by", "carto_leader{STANDBY} 0x80"}},
	},
	"CartoNoLeader": {
		fires: []story{{"all stand by", "carto_leader{POD} 1x10 0x50\ncarto_leader{STANDBY} 0x60"}},
		quiet: []story{
			{"one works", "carto_leader{POD} 1x60\ncarto_leader{STANDBY} 0x60"},
			{"a failover takes a moment", "carto_leader{POD} 1x10 0x50\ncarto_leader{STANDBY} 0x12 1x48"},
		},
	},
	"CartoShardsDisagree": {
		fires: []story{{"a replica never answers", "carto_shard_disagreements{POD} 1x60"}},
		quiet: []story{
			{"they agree", "carto_shard_disagreements{POD} 0x60"},
			{"a rollout", "carto_shard_disagreements{POD} 0x5 2x3 0x2 1x3 0x47"},
		},
	},
	"CartoAgentRestarts": {
		fires: []story{{"it crashes every five minutes", "carto_leader{POD} 1x60\nprocess_start_time_seconds{POD} 0x5 300x5 600x5 900x5 1200x40"}},
		quiet: []story{
			{"one restart", "carto_leader{POD} 1x60\nprocess_start_time_seconds{POD} 0x5 300x55"},
			{"another program crashes", `process_start_time_seconds{pod="other"} 0x5 300x5 600x5 900x5 1200x40`},
		},
	},
	"CartoMemoryNearLimit": {
		fires: []story{{"95 % of the limit", "carto_leader{POD} 1x60\nprocess_resident_memory_bytes{POD} 438e6x60\ngo_gc_gomemlimit_bytes{POD} 461e6x60"}},
		quiet: []story{
			{"no limit is set", "carto_leader{POD} 1x60\nprocess_resident_memory_bytes{POD} 438e6x60\ngo_gc_gomemlimit_bytes{POD} 9.2e18x60"},
			{"a peak", "carto_leader{POD} 1x60\nprocess_resident_memory_bytes{POD} 438e6x5 100e6x55\ngo_gc_gomemlimit_bytes{POD} 461e6x60"},
			{"another program", `process_resident_memory_bytes{pod="other"} 438e6x60` + "\n" + `go_gc_gomemlimit_bytes{pod="other"} 461e6x60`},
		},
	},
	"CartoAgentStuck": {
		fires: []story{
			{"passes have stopped", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 3x60\ncarto_pass_duration_seconds_count{POD,kind=\"Workload\"} 7x60"},
			{"there never was one", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 3x60"},
		},
		quiet: []story{
			{"it works", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 3x60\ncarto_pass_duration_seconds_count{POD,kind=\"Workload\"} 0+1x60"},
			{"it rests", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 0x60\ncarto_pass_duration_seconds_count{POD,kind=\"Workload\"} 7x60"},
			{"a standby has all owners in its queue", "carto_leader{STANDBY} 0x60\ncarto_queue_depth{STANDBY} 5000x60"},
		},
	},
	"CartoBacklog": {
		fires: []story{{"it does not get shorter", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 80x60"}},
		quiet: []story{
			{"a burst", "carto_leader{POD} 1x60\ncarto_queue_depth{POD} 10000-1000x10 0x49"},
			{"a standby", "carto_leader{STANDBY} 0x60\ncarto_queue_depth{STANDBY} 5000x60"},
		},
	},
	"CartoSlowPasses": {
		fires: []story{{"all take longer than 1.6 s", buckets("carto_pass_duration_seconds", `,kind="Workload"`, "1.6384 0+0x60", "6.5536 0+60x60", "+Inf 0+60x60")}},
		quiet: []story{{"all take milliseconds", buckets("carto_pass_duration_seconds", `,kind="Workload"`, "0.0016 0+60x60", "1.6384 0+60x60", "6.5536 0+60x60", "+Inf 0+60x60")}},
	},
	"CartoSlowPropagation": {
		fires: []story{{"longer than the last bucket", buckets("carto_propagation_seconds", "", "4.096 0+0x60", "8.192 0+0x60", "+Inf 0+60x60")}},
		quiet: []story{
			{"a second", buckets("carto_propagation_seconds", "", "1.024 0+60x60", "4.096 0+60x60", "8.192 0+60x60", "+Inf 0+60x60")},
			{"nothing happens", buckets("carto_propagation_seconds", "", "4.096 60x60", "8.192 60x60", "+Inf 60x60")},
		},
	},
	"CartoPassesRetrying": {
		fires: []story{{"ten owners fail", `carto_pass_retries_total{POD,kind="Workload"} 0+10x60`}},
		quiet: []story{{"two owners fail", `carto_pass_retries_total{POD,kind="Workload"} 0+2x60`}},
	},
	"CartoServerErrors": {
		fires: []story{{"a tenth of the writes", writes("apply", "ok", "0+90x60") + writes("apply", "TooManyRequests", "0+10x60")}},
		quiet: []story{
			{"tenants' faults", writes("apply", "ok", "0+90x60") + writes("apply", "Invalid", "0+50x60")},
			{"one in a hundred", writes("apply", "ok", "0+99x60") + writes("apply", "error", "0+1x60")},
			{"no write at all", writes("apply", "ok", "7x60") + writes("apply", "error", "7x60")},
		},
	},
	"CartoWritesRefused": {
		fires: []story{{"ten a minute", writes("apply", "Forbidden", "0+10x80")}},
		quiet: []story{{"one owner, tried once a minute", writes("apply", "Invalid", "0+1x80")}, {"conflicts", writes("apply", "Conflict", "0+10x80")}},
	},
	"CartoStatusWritesFailing": {
		fires: []story{{"none is taken", writes("status", "Forbidden", "0+1x60")}},
		quiet: []story{{"owners that are gone", writes("status", "NotFound", "0+10x60")}, {"one failure", writes("status", "Timeout", "0x10 1x50")}},
	},
	"CartoStatusesWaiting": {
		fires: []story{{"hundreds", "carto_statuses_waiting{POD} 400x60"}},
		quiet: []story{{"a burst", "carto_statuses_waiting{POD} 5000-1000x5 0x54"}},
	},
	"CartoDriftFight": {
		fires: []story{{"one object", "carto_contested_objects{POD,resource=\"deployments.apps\"} 1x40"}},
		quiet: []story{{"a person tried five times, and gave up", "carto_contested_objects{POD,resource=\"deployments.apps\"} _x10 1x11 _x60"}},
	},
	"CartoWatchFailing": {
		fires: []story{{"twice a minute", "carto_watch_failures_total{POD,resource=\"images.kpack.io\"} 0+2x60"}},
		quiet: []story{
			{"the API server was away for a moment", "carto_watch_failures_total{POD,resource=\"images.kpack.io\"} 0x10 5x50"},
			{"a tenant selects what the agent may not list", "carto_selection_failures_total{POD,resource=\"secrets\"} 0+2x60"},
		},
	},
	"CartoSelectionsFailing": {
		fires: []story{{"a tenant selects what the agent may not list", "carto_selection_failures_total{POD,resource=\"secrets\"} 0+1x80"}},
		quiet: []story{{"the API server was away for a moment", "carto_selection_failures_total{POD,resource=\"secrets\"} 0x10 20x70"}},
	},
	"CartoEventsDropped": {
		fires: []story{{"all the time", "carto_events_dropped_total{POD} 0+9x80"}},
		quiet: []story{{"a burst", "carto_events_dropped_total{POD} 0x10 900x70"}},
	},
}

func buckets(name, labels string, series ...string) string {
	var text strings.Builder
	for _, s := range series {
		le, samples, _ := strings.Cut(s, " ")
		text.WriteString(name + "_bucket{POD" + labels + `,le="` + le + `"} ` + samples + "\n")
	}
	return text.String()
}

func writes(verb, result, samples string) string {
	return `carto_writes_total{POD,verb="` + verb + `",resource="deployments.apps",result="` + result + `"} ` + samples + "\n"
}

// TestAlerts: each alert fires when it should, and is quiet when it should be.
func TestAlerts(t *testing.T) {
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, promqltest.DefaultMaxSamplesPerQuery)
	for _, rule := range rules(t) {
		t.Run(rule.Alert, func(t *testing.T) {
			told := stories[rule.Alert]
			if len(told.fires) == 0 || len(told.quiet) == 0 {
				t.Fatal("no story says when it fires, or none when it is quiet")
			}
			for _, s := range told.fires {
				if !fires(t, engine, rule, s.series) {
					t.Errorf("does not fire: %s", s.reason)
				}
			}
			for _, s := range told.quiet {
				if fires(t, engine, rule, s.series) {
					t.Errorf("fires: %s", s.reason)
				}
			}
		})
	}
}

// fires says whether an alert has held for as long as it must, at some time of a story.
func fires(t *testing.T, engine *promql.Engine, rule rulefmt.Rule, series string) bool {
	t.Helper()
	replacer := strings.NewReplacer(
		"{POD", `{namespace="carto-system",job="carto-agent",instance="10.0.0.1:8080",pod="a"`,
		"{STANDBY", `{namespace="carto-system",job="carto-agent",instance="10.0.0.2:8080",pod="b"`)
	var load strings.Builder
	load.WriteString("load 1m\n")
	for line := range strings.Lines(replacer.Replace(series)) {
		load.WriteString("  " + strings.TrimSpace(line) + "\n")
	}
	storage := promqltest.LoadedStorage(t, load.String())
	defer storage.Close()
	query, err := engine.NewRangeQuery(t.Context(), storage, nil, rule.Expr, time.Unix(0, 0), time.Unix(0, 0).Add(80*time.Minute), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	result := query.Exec(t.Context())
	matrix, err := result.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range matrix {
		since := s.Floats[0].T
		for i, point := range s.Floats {
			if i > 0 && point.T-s.Floats[i-1].T > time.Minute.Milliseconds() {
				since = point.T // it had resolved
			}
			if time.Duration(point.T-since)*time.Millisecond >= time.Duration(rule.For) {
				return true
			}
		}
	}
	return false
}
