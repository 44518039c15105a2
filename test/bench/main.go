// Bench measures what Carto costs, beside a yardstick: a minimal client that sends the same writes for the same owners. Run
// it by make bench, in the repository's root; README.md explains the scenarios and has the latest table.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

type options struct {
	sizes     []int
	rounds    int
	owners    []*owners
	subjects  []string
	scenarios []string
	settled   time.Duration
	changes   int
	noise     int
	// flowControl are flow schemas, and inFlight a limit on requests at once, both of fairness.
	flowControl []byte
	inFlight    int
	foreign     int
	json        string
	compare     string
	profile     string
	print       []string
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == yardstickName {
		runYardstick(os.Args[2])
		return
	}
	opts, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, opts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		if ctx.Err() != nil {
			os.Exit(130)
		}
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	sizes := flags.String("n", "100,1000", "`numbers` of owners, one run each")
	flags.IntVar(&o.rounds, "rounds", 1, "how `often` to measure the owners, the subjects in turn; the table has the medians")
	of := flags.String("owners", "workloads", "`kinds` of owners, one run each: workloads, workloads-ytt, deliverables, runnables; the yardstick knows workloads only")
	subjects := flags.String("subjects", cartoName+","+yardstickName, "`what` to measure")
	only := flags.String("scenarios", "", "`which` to run after the cold settle: settled, one, burst, edit, restart, plugin, foreign, tui; lint, which needs none of the owners; fairness and costs, which have their own; default all but these two")
	flags.DurationVar(&o.settled, "settled", time.Minute, "how long everything rests while requests are counted")
	flags.IntVar(&o.changes, "changes", 100, "how many changes travel one at a time")
	flags.IntVar(&o.noise, "noise", 5000, "how many `workloads` the noisy tenants of fairness have")
	schemas := flags.String("flow-control", "", "`file` with flow schemas for the tenants of fairness, such as config/flow-control/tenants.yaml")
	flags.IntVar(&o.inFlight, "in-flight", 0, "how many `requests` the API server of fairness works on at once; 0 for its own limit of 600")
	flags.IntVar(&o.foreign, "foreign", 10_000, "how many objects of a stamped kind are not Carto's")
	flags.StringVar(&o.json, "json", "", "`file` for the results as JSON")
	flags.StringVar(&o.compare, "compare", "", "`file` of earlier results, shown beside these")
	flags.StringVar(&o.profile, "profile", "", "`folder` for CPU profiles of the agent and the API server in a cold settle, in a burst and in a start, and for one of the agent's heap")
	kept := flags.String("print", "", "`files` of earlier results, to be printed as one table; nothing is measured")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *kept != "" {
		o.print = strings.Split(*kept, ",")
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds: %d is no number of rounds", o.rounds)
	}
	if *schemas != "" {
		text, err := os.ReadFile(*schemas)
		if err != nil {
			return o, fmt.Errorf("-flow-control: %w", err)
		}
		o.flowControl = text
	}
	if o.inFlight < 0 {
		return o, fmt.Errorf("-in-flight: %d is no number of requests", o.inFlight)
	}
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, fmt.Errorf("-n: %q is no number of owners", s)
		}
		o.sizes = append(o.sizes, n)
	}
	for _, s := range strings.Split(*of, ",") {
		i := slices.IndexFunc(allOwners, func(o *owners) bool { return o.name == s })
		if i < 0 {
			return o, fmt.Errorf("-owners: there are no %q", s)
		}
		o.owners = append(o.owners, allOwners[i])
	}
	for s := range strings.FieldsFuncSeq(*only, func(r rune) bool { return r == ',' }) {
		if !slices.Contains([]string{lintScenario, fairnessScenario, costsScenario}, s) && !slices.ContainsFunc(scenarios, func(have scenario) bool { return have.name == s }) {
			return o, fmt.Errorf("-scenarios: there is no %q", s)
		}
		o.scenarios = append(o.scenarios, s)
	}
	for _, s := range strings.Split(*subjects, ",") {
		if s != cartoName && s != yardstickName {
			return o, fmt.Errorf("-subjects: %q is neither %s nor %s", s, cartoName, yardstickName)
		}
		o.subjects = append(o.subjects, s)
	}
	return o, nil
}

func run(ctx context.Context, opts options) error {
	if opts.print != nil {
		results, err := earlier(opts.print...)
		if err != nil {
			return err
		}
		return printTable(os.Stdout, results)
	}
	var before []result
	if opts.compare != "" {
		var err error
		if before, err = earlier(opts.compare); err != nil {
			return err
		}
	}
	if len(opts.scenarios) == 0 || slices.Contains(opts.scenarios, lintScenario) {
		if err := benchLint(ctx); err != nil || len(opts.scenarios) == 1 {
			return err
		}
	}
	if slices.Contains(opts.scenarios, fairnessScenario) {
		if err := benchFairness(ctx, opts); err != nil || len(opts.scenarios) == 1 {
			return err
		}
	}
	if slices.Contains(opts.scenarios, costsScenario) {
		if err := benchCosts(ctx); err != nil || len(opts.scenarios) == 1 {
			return err
		}
	}
	var results []result
	for t := range opts.turns() {
		r, err := measure(ctx, t.subject, t.owners, t.number, opts)
		if err != nil {
			return fmt.Errorf("%s with %d %s: %w", t.subject, t.number, t.owners.name, err)
		}
		results = append(results, r)
		if err := keepResults(opts.json, results); err != nil { // each at once: all of them take long
			return err
		}
	}
	if err := printTable(os.Stdout, results); err != nil {
		return err
	}
	if before != nil {
		fmt.Printf("\nEarlier (%s):\n\n", opts.compare)
		return printTable(os.Stdout, before)
	}
	return nil
}

// turn is one subject's with one number of owners.
type turn struct {
	owners  *owners
	number  int
	subject string
}

// turns are what is measured, one after the other. Subjects alternate, and so does who begins: a machine that others use, too,
// is slower in one quarter of an hour than in the next, and what is compared should meet the same.
func (o options) turns() iter.Seq[turn] {
	return func(yield func(turn) bool) {
		for _, owners := range o.owners {
			for _, n := range o.sizes {
				subjects := slices.Clone(o.subjects)
				for range o.rounds {
					for _, subject := range subjects {
						if subject == yardstickName && owners != allOwners[0] {
							continue
						}
						if !yield(turn{owners, n, subject}) {
							return
						}
					}
					slices.Reverse(subjects)
				}
			}
		}
	}
}

// earlier reads results that were kept.
func earlier(files ...string) ([]result, error) {
	var all []result
	for _, file := range files {
		data, err := os.ReadFile(file) //nolint:gosec // a file that the caller names
		if err != nil {
			return nil, fmt.Errorf("read earlier results: %w", err)
		}
		var results []result
		if err := json.Unmarshal(data, &results); err != nil {
			return nil, fmt.Errorf("read earlier results from %s: %w", file, err)
		}
		all = append(all, results...)
	}
	return all, nil
}

func keepResults(file string, results []result) error {
	if file == "" {
		return nil
	}
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the results: %w", err)
	}
	if err := os.WriteFile(file, append(data, '\n'), 0o644); err != nil { //nolint:gosec // results are for everybody
		return fmt.Errorf("write the results: %w", err)
	}
	return nil
}
