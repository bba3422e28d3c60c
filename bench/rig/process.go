package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is one of our programs while it runs.
type Process struct {
	name  string
	cmd   *exec.Cmd
	lines chan string // what it prints; closed when it ends
	ended chan struct{}
	err   error // of Wait; read after ended
	log   tail
}

// start runs a program with variables on top of a bare environment. No context ends
// it, only Stop and Kill do: how it goes down is part of what is measured.
func start(name, path string, args []string, variables map[string]string) (*Process, error) {
	p := &Process{name: name, cmd: exec.CommandContext(context.Background(), path, args...), lines: make(chan string, 256), ended: make(chan struct{})}
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	if v, ok := os.LookupEnv("GODEBUG"); ok {
		p.cmd.Env = append(p.cmd.Env, "GODEBUG="+v)
	}
	for k, v := range variables {
		p.cmd.Env = append(p.cmd.Env, k+"="+v)
	}
	dieWithUs(p.cmd)
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.read(out)
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	return p, nil
}

func (p *Process) read(out io.Reader) {
	defer close(p.lines)
	for s := bufio.NewScanner(out); s.Scan(); {
		select {
		case p.lines <- s.Text():
		default: // nobody listens any more
		}
	}
}

// wait reads what the process prints until use has what it needs.
func (p *Process) wait(ctx context.Context, use func(line string) (enough bool)) error {
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s did not start in time: %s", p.name, p.log.String())
		case line, more := <-p.lines:
			if !more {
				<-p.ended
				return fmt.Errorf("%s ended: %w: %s", p.name, p.err, p.log.String())
			}
			if use(line) {
				return nil
			}
		}
	}
}

// Alive reports whether the process still runs.
func (p *Process) Alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Kill ends the process at once, without a chance to do anything.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// Stop asks the process to end, and ends it when it does not within a while.
func (p *Process) Stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		p.Kill()
		return fmt.Errorf("%s did not stop when it was asked to", p.name)
	}
	return nil
}

// Log is the end of what the process wrote to its standard error.
func (p *Process) Log() string { return p.log.String() }

// PeakRSS is the largest amount of memory the process ever held, in bytes.
func (p *Process) PeakRSS() (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			fields := strings.Fields(string(rest))
			if len(fields) == 0 {
				break
			}
			kb, err := strconv.ParseInt(fields[0], 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("the system does not tell VmHWM")
}

// CPU is the time on processors that the process used so far.
func (p *Process) CPU() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, errors.New("the system does not tell the time used")
	}
	var ticks int64
	for _, f := range fields[11:13] { // user and system, in hundredths of a second
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// tail keeps the last bytes that were written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if len(t.b) > tailSize {
		t.b = append(t.b[:0], t.b[len(t.b)-tailSize:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
