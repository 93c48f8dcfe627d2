package rundir

// Rung is one line of finish.jsonl: what one rung of finishing made of one
// candidate.
type Rung struct {
	Arm       string  `json:"arm"`       // that brought the candidate
	Rung      int     `json:"rung"`      // from 0; the last one makes what is handed over
	Candidate int     `json:"candidate"` // index among the arm's candidates
	Arch      string  `json:"arch"`      // text form of the space
	Steps     int     `json:"steps"`     // trained on this rung
	Seconds   float64 `json:"seconds"`   // that training and evaluating took
	Accuracy  float64 `json:"accuracy"`  // afterwards, on validation images: the whole split after the last rung
	Loss      float64 `json:"loss"`      // nats
}
