package servicebus

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/go-amqp"
)

// broker is a RabbitMQ of this test, with its AMQP 1.0 plug-in, on loopback.
type broker struct {
	t       *testing.T
	program string
	dir     string
	port    int
	environ []string
	cmd     *exec.Cmd
}

// startBroker starts a broker; without the programs of one the test is skipped, except
// where CI is set.
func startBroker(t *testing.T) *broker {
	t.Helper()
	program := "/usr/lib/rabbitmq/bin/rabbitmq-server"
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("rabbitmq-server"); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal("RabbitMQ is not installed: tools/need-rabbitmq installs it")
			}
			t.Skip("RabbitMQ is not installed: tools/need-rabbitmq installs it")
		}
	}
	dir := t.TempDir()
	b := &broker{t: t, program: program, dir: dir, port: freePort(t)}
	plugins := filepath.Join(dir, "plugins")
	if err := os.WriteFile(plugins, []byte("[rabbitmq_amqp1_0].\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.environ = append(os.Environ(), "HOME="+dir, fmt.Sprintf("RABBITMQ_NODENAME=test%d@localhost", b.port), "RABBITMQ_NODE_IP_ADDRESS=127.0.0.1",
		fmt.Sprintf("RABBITMQ_NODE_PORT=%d", b.port), fmt.Sprintf("RABBITMQ_DIST_PORT=%d", freePort(t)), fmt.Sprintf("ERL_EPMD_PORT=%d", freePort(t)), "ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_MNESIA_BASE="+filepath.Join(dir, "data"), "RABBITMQ_LOG_BASE="+filepath.Join(dir, "log"), "RABBITMQ_ENABLED_PLUGINS_FILE="+plugins,
		"RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "none"), "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +sbwt none")
	b.start()
	t.Cleanup(func() { b.kill() })
	s := &sender{b: b, queue: declared} // the address declares the queue; it must outlive the broker
	defer s.close()
	if err := s.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (b *broker) start() {
	b.t.Helper()
	var said bytes.Buffer
	b.cmd = exec.Command(b.program)
	b.cmd.Env, b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = b.environ, b.dir, &said, &said
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := b.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	for {
		conn, err := amqp.Dial(ctx, b.address(), &amqp.ConnOptions{SASLType: amqp.SASLTypePlain("guest", "guest")})
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ctx.Done():
			b.kill()
			b.t.Fatalf("the broker did not start: %v\n%s", err, said.String())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// kill ends the broker and everything it started, without warning.
func (b *broker) kill() {
	if b.cmd == nil {
		return
	}
	_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	_ = b.cmd.Wait()
	b.cmd = nil
	for _, pid := range b.strays() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// strays are processes that left the broker's group, such as its port mapper: their
// environment names our directory.
func (b *broker) strays() []int {
	entries, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil
	}
	var out []int
	for _, e := range entries {
		text, err := os.ReadFile(e)
		pid := 0
		if err == nil && bytes.Contains(text, []byte("HOME="+b.dir+"\x00")) {
			if _, err := fmt.Sscanf(e, "/proc/%d/", &pid); err == nil && pid != os.Getpid() {
				out = append(out, pid)
			}
		}
	}
	return out
}

func (b *broker) address() string { return fmt.Sprintf("amqp://127.0.0.1:%d", b.port) }

// The queue, as RabbitMQ is asked to make it and as it is named from then on.
const (
	declared = "/queue/events"
	queue    = "/amq/queue/events"
)

// sender sends durable messages to a queue and returns when the broker has them.
type sender struct {
	b     *broker
	queue string
	conn  *amqp.Conn
	to    *amqp.Sender
}

func (s *sender) connect(ctx context.Context) error {
	if s.conn == nil {
		conn, err := amqp.Dial(ctx, s.b.address(), &amqp.ConnOptions{SASLType: amqp.SASLTypePlain("guest", "guest")})
		if err != nil {
			return err
		}
		session, err := conn.NewSession(ctx, nil)
		if err == nil {
			s.to, err = session.NewSender(ctx, s.queue, &amqp.SenderOptions{TargetDurability: amqp.DurabilityUnsettledState})
		}
		if err != nil {
			_ = conn.Close()
			return err
		}
		s.conn = conn
	}
	return nil
}

func (s *sender) send(ctx context.Context, body string) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	format := "application/json"
	m := &amqp.Message{Header: &amqp.MessageHeader{Durable: true}, Properties: &amqp.MessageProperties{ContentType: &format}, Data: [][]byte{[]byte(body)}}
	receipt, err := s.to.SendWithReceipt(ctx, m, nil)
	if err == nil {
		var state amqp.DeliveryState
		if state, err = receipt.Wait(ctx); err == nil {
			if _, has := state.(*amqp.StateAccepted); !has { // Send takes "released" for success
				err = fmt.Errorf("the broker answered %T", state)
			}
		}
	}
	if err != nil {
		s.close()
	}
	return err
}

func (s *sender) close() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

// insist sends until the broker has it, whatever happens to the broker meanwhile. A
// message may so come twice.
func (s *sender) insist(body string) {
	for ctx := s.b.t.Context(); ; {
		sending, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := s.send(sending, body)
		cancel()
		if err == nil {
			return
		}
		if ctx.Err() != nil || strings.Contains(err.Error(), "not authorized") {
			s.b.t.Error(err)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}
