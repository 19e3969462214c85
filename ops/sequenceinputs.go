package ops

import G "gorgonia.org/gorgonia"

// role says which input of the cell an operand is.
type role int

const (
	roleX role = iota
	roleW
	roleR
	roleBx
	roleBr
	roleThr
	roleState
	roleY
	roleZoneout
	roleDropConnect
	roleLengths
	roleLiveX
	roleCount
)

var roleOperands = [roleCount]operand{
	roleX:           {name: "X", rank: 3},
	roleW:           {name: "W", rank: 2},
	roleR:           {name: "R", rank: 2},
	roleBx:          {name: "Bx", rank: 1},
	roleBr:          {name: "Br", rank: 1},
	roleThr:         {name: "Thr", rank: 1},
	roleState:       {name: "State", rank: 2},
	roleY:           {name: "Y", rank: 2},
	roleZoneout:     {name: "Zoneout", rank: 3, fixed: true},
	roleDropConnect: {name: "DropConnect", rank: 2, fixed: true},
	roleLengths:     {name: "Lengths", rank: 1, index: true},
	roleLiveX:       {name: "LiveX", rank: 3, fixed: true},
}

// gather lines up the inputs of a sequence op.
type gather struct {
	roles []byte
	nodes []*G.Node
}

func (g *gather) want(r role, n *G.Node) {
	g.roles = append(g.roles, byte(r))
	g.nodes = append(g.nodes, n)
}

func (g *gather) take(r role, n *G.Node) {
	if n != nil {
		g.want(r, n)
	}
}
