package harness

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// Where the real source-controller of Flux comes from.
const (
	sourceControllerBinary   = "source-controller"
	sourceControllerVariable = "CARTO_SOURCE_CONTROLLER"
	sourceControllerTool     = "hack/tools/source-controller"
	sourceControllerModule   = "github.com/fluxcd/source-controller"
)

// SourceController is a running bin/source-controller, the real one of Flux: it fetches what GitRepositories name, and serves
// it as archives.
type SourceController struct {
	program *program
	// URL is below which it serves its archives, and Storage the folder in which they are.
	URL, Storage string
}

// SkipWithoutSourceController skips a test where `make bin/source-controller` was not run.
func SkipWithoutSourceController(t testing.TB) {
	t.Helper()
	SkipWithout(t, sourceControllerBinary, sourceControllerVariable)
}

// StartSourceController defines Flux's kinds, of the same version, and starts the controller for them as the administrator of
// the control plane. Log and archives go into a folder. It lives until Stop, or until this process ends.
func StartSourceController(ctx context.Context, cp *ControlPlane, dir string) (*SourceController, error) {
	path, err := findBinary(sourceControllerBinary, sourceControllerVariable)
	if err != nil {
		return nil, fmt.Errorf("start source-controller: %w", err)
	}
	if err := applySourceKinds(ctx, cp.Config); err != nil {
		return nil, fmt.Errorf("define the kinds of Flux: %w", err)
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, fmt.Errorf("start source-controller: %w", err)
	}
	s := &SourceController{URL: "http://" + address, Storage: filepath.Join(dir, "archives")}
	if err := os.Mkdir(s.Storage, 0o700); err != nil {
		return nil, fmt.Errorf("start source-controller: %w", err)
	}
	s.program, err = startProgramWith(filepath.Join(dir, "source-controller.log"), []string{"KUBECONFIG=" + cp.Kubeconfig}, path,
		"--storage-path="+s.Storage, "--storage-addr="+address, "--storage-adv-addr="+address,
		"--metrics-addr=0", "--health-addr=127.0.0.1:0", "--events-addr=", "--enable-leader-election=false",
		"--min-retry-delay=200ms", "--max-retry-delay=1s", // tests wait for what it makes of a repair
	)
	if err != nil {
		return nil, fmt.Errorf("start source-controller: %w", err)
	}
	if err := s.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// awaitReady returns when it serves archives.
func (s *SourceController) awaitReady(ctx context.Context) error {
	err := poll(ctx, time.Minute, func() error {
		select {
		case <-s.program.ended:
			return fmt.Errorf("it has ended: %s", s.program.state)
		default:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	})
	if err != nil {
		return fmt.Errorf("source-controller is not ready: %w: %s", err, s.program.lastLine())
	}
	return nil
}

// Log is everything that it has said.
func (s *SourceController) Log() string { return s.program.text() }

// Stop ends it. The archives stay.
func (s *SourceController) Stop() error {
	select {
	case <-s.program.ended:
		return nil // it has said why
	default:
	}
	if err := s.program.stop(30 * time.Second); err != nil {
		return fmt.Errorf("stop source-controller: %w", err)
	}
	return nil
}

// applySourceKinds defines the kinds as they lie beside the controller's source.
func applySourceKinds(ctx context.Context, config *rest.Config) error {
	root, err := Root()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", sourceControllerModule)
	cmd.Dir = filepath.Join(root, sourceControllerTool)
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("find %s: %w", sourceControllerModule, err)
	}
	dir := strings.TrimSpace(string(out))
	files, err := filepath.Glob(filepath.Join(dir, "config", "crd", "bases", "*.yaml"))
	if err != nil || dir == "" || len(files) == 0 {
		return fmt.Errorf("the source of %s is not in the module cache: run `make -B bin/source-controller`", sourceControllerModule)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(file), err)
		}
		if _, err := Apply(ctx, config, "", string(text)); err != nil {
			return err
		}
	}
	return nil
}

// freeAddress is one on loopback that nothing listens on: the controller has to know its own before it listens.
func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}
