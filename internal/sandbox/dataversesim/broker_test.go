package dataversesim

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
)

// broker is a small AMQP 1.0 peer, written from the standard (OASIS AMQP 1.0
// parts 1 to 5): it lets one user in by SASL PLAIN and accepts messages.
type broker struct {
	t        *testing.T
	listener net.Listener
	work     sync.WaitGroup
	user     string // \x00name\x00key

	mu       sync.Mutex
	down     bool
	conns    map[net.Conn]bool
	messages []posted
	turned   chan struct{} // somebody was turned away while down
}

// posted is one message as it arrived.
type posted struct {
	address string
	// sections by descriptor: 0x73 properties, 0x74 application properties, 0x75 data.
	sections map[uint64]any
}

func newBroker(t *testing.T, user, key string) *broker {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{t: t, listener: l, user: "\x00" + user + "\x00" + key, conns: map[net.Conn]bool{}, turned: make(chan struct{}, 100)}
	b.work.Go(b.accept)
	t.Cleanup(func() {
		_ = l.Close()
		b.setDown(true)
		b.work.Wait()
	})
	return b
}

func (b *broker) accept() {
	for {
		conn, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.mu.Lock()
		down := b.down
		b.conns[conn] = !down
		b.mu.Unlock()
		if down {
			_ = conn.Close()
			select {
			case b.turned <- struct{}{}:
			default:
			}
			continue
		}
		b.work.Go(func() {
			if err := b.serve(conn); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrUnexpectedEOF) {
				b.t.Logf("broker: %v", err)
			}
			_ = conn.Close()
		})
	}
}

// setDown ends all connections and turns new ones away, or lets them in again.
func (b *broker) setDown(down bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.down = down
	if down {
		for conn := range b.conns {
			_ = conn.Close()
		}
	}
}

func (b *broker) take() []posted {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.messages
	b.messages = nil
	return out
}

func (b *broker) serve(conn net.Conn) error {
	in := bufio.NewReader(conn)
	var hello [8]byte
	if _, err := io.ReadFull(in, hello[:]); err != nil {
		return err
	}
	if _, err := conn.Write(hello[:]); err != nil { // SASL
		return err
	}
	write := func(kind byte, code byte, fields ...[]byte) error {
		_, err := conn.Write(frame(kind, performative(code, fields...)))
		return err
	}
	if err := write(1, 0x40, symbol("PLAIN")); err != nil {
		return err
	}
	init, err := readFrame(in)
	if err != nil {
		return err
	}
	if given, _ := init.field(1).(string); given != b.user {
		return write(1, 0x44, []byte{0x50, 1})
	}
	if err := write(1, 0x44, []byte{0x50, 0}); err != nil {
		return err
	}
	if _, err := io.ReadFull(in, hello[:]); err != nil {
		return err
	}
	if _, err := conn.Write(hello[:]); err != nil { // AMQP
		return err
	}
	link := &link{}
	for {
		f, err := readFrame(in)
		if err != nil {
			return err
		}
		if f.code == 0x14 {
			b.receive(link, f)
		}
		for _, answer := range link.answer(f) {
			if _, err := conn.Write(frame(0, answer)); err != nil {
				return err
			}
		}
		if f.code == 0x18 {
			return nil
		}
	}
}

func (b *broker) receive(l *link, f wireFrame) {
	m := posted{l.address, map[uint64]any{}}
	for rest := f.payload; len(rest) > 0; {
		var v any
		v, rest = decode(rest)
		d, ok := v.(described)
		if !ok {
			b.t.Errorf("a section is %v", v)
			return
		}
		m.sections[d.code] = d.value
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.messages = append(b.messages, m)
}

// link is the only link of a connection.
type link struct{ address string }

// answer is what the peer says to a frame.
func (l *link) answer(f wireFrame) [][]byte {
	switch f.code {
	case 0x10: // open: container, host, largest frame
		return [][]byte{performative(0x10, str("broker"), null, uint4(1<<20))}
	case 0x11: // begin: channel, next id, windows
		return [][]byte{performative(0x11, []byte{0x60, 0, 0}, uint4(0), uint4(5000), uint4(5000))}
	case 0x12: // attach, as the receiver; then credit
		target, _ := f.field(6).(described)
		l.address, _ = target.list(0).(string)
		name, _ := f.field(0).(string)
		return [][]byte{
			performative(0x12, str(name), uint4(0), []byte{0x41}, null, null, null, performative(0x29, str(l.address))),
			performative(0x13, uint4(0), uint4(5000), uint4(0), uint4(5000), uint4(0), uint4(0), uint4(5000)),
		}
	case 0x14: // transfer: accepted
		id, _ := f.field(1).(uint64)
		return [][]byte{performative(0x15, []byte{0x41}, uint4(uint32(id)), null, []byte{0x41}, performative(0x24))}
	case 0x16, 0x17, 0x18: // detach, end, close
		if f.code == 0x16 {
			return [][]byte{performative(0x16, uint4(0), []byte{0x41})}
		}
		return [][]byte{performative(byte(f.code))}
	}
	return nil
}

// wireFrame is a frame that arrived: a performative, and behind it a message.
type wireFrame struct {
	described
	payload []byte
}

func (d described) list(i int) any {
	if fields, ok := d.value.([]any); ok && i < len(fields) {
		return fields[i]
	}
	return nil
}

func (f wireFrame) field(i int) any { return f.list(i) }

func readFrame(in *bufio.Reader) (wireFrame, error) {
	var head [8]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return wireFrame{}, err
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:])-8)
	if _, err := io.ReadFull(in, body); err != nil {
		return wireFrame{}, err
	}
	if len(body) == 0 { // keeps the connection alive
		return readFrame(in)
	}
	v, rest := decode(body)
	d, _ := v.(described)
	return wireFrame{d, rest}, nil
}

func frame(kind byte, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)+8))
	return append(append(b, 2, kind, 0, 0), body...)
}

func performative(code byte, fields ...[]byte) []byte {
	var all []byte
	for _, f := range fields {
		all = append(all, f...)
	}
	b := binary.BigEndian.AppendUint32([]byte{0, 0x53, code, 0xd0}, uint32(len(all)+4))
	return append(binary.BigEndian.AppendUint32(b, uint32(len(fields))), all...)
}

var null = []byte{0x40}

func uint4(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0x70}, n) }
func str(s string) []byte   { return append([]byte{0xa1, byte(len(s))}, s...) }
func symbol(s string) []byte {
	return append([]byte{0xa3, byte(len(s))}, s...)
}

// described is a value with a descriptor.
type described struct {
	code  uint64
	value any
}

// decode reads one value: numbers as uint64, text, symbols and binary as
// string, lists and maps as []any.
func decode(b []byte) (any, []byte) {
	code, b := b[0], b[1:]
	switch code {
	case 0:
		d, rest := decode(b)
		v, rest := decode(rest)
		n, _ := d.(uint64)
		return described{n, v}, rest
	case 0x40:
		return nil, b
	case 0x41, 0x42:
		return code == 0x41, b
	case 0x43, 0x44:
		return uint64(0), b
	case 0x45:
		return []any{}, b
	case 0x56:
		return b[0] == 1, b[1:]
	}
	switch size := map[byte]int{5: 1, 6: 2, 7: 4, 8: 8, 9: 16}[code>>4]; code >> 4 {
	case 5, 6, 7, 8, 9:
		var n uint64
		for _, x := range b[:size] {
			n = n<<8 | uint64(x)
		}
		return n, b[size:]
	}
	width := 1
	if code&0x10 != 0 {
		width = 4
	}
	size := int(b[0])
	if width == 4 {
		size = int(binary.BigEndian.Uint32(b))
	}
	body, rest := b[width:width+size], b[width+size:]
	if code>>4 == 0xa || code>>4 == 0xb {
		return string(body), rest
	}
	if code>>4 >= 0xe {
		return nil, rest // arrays: nothing here needs them
	}
	items := []any{}
	for body = body[width:]; len(body) > 0; {
		var v any
		v, body = decode(body)
		items = append(items, v)
	}
	return items, rest
}
