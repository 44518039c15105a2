// Command kubectl-carto is the kubectl plugin of Carto.
package main

import (
	"os"

	// Every auth provider that kubectl has, or clusters of managed providers are out of
	// reach.
	_ "k8s.io/client-go/plugin/pkg/client/auth"

	"github.com/carto-run/carto/pkg/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
