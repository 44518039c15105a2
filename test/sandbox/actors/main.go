// Actors plays Flux, kpack, Tekton and kapp-controller in the sandbox. Run it by make actors, in the repository's root, while
// make sandbox runs.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/carto-run/carto/test/actors"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "actors:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path := filepath.Join(".sandbox", "kubeconfig")
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return fmt.Errorf("read %s, which make sandbox writes: %w", path, err)
	}
	fmt.Println("Playing Flux, kpack, Tekton and kapp-controller. Ctrl-C ends it.")
	return actors.Run(ctx, config, "", log.New(os.Stderr, "", log.LstdFlags))
}
