// Outlines as numbers, for the drawing page: metres, y to the south. No page here.

export const round = value => Math.round(value * 100) / 100
export const walls = polygon => polygon.map((corner, i) => [corner, polygon[(i + 1) % polygon.length]])
export const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1])

export function nearest ([a, b], point) { // the point of a wall next to a point
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const length = dx * dx + dy * dy
  const t = length ? Math.max(0, Math.min(1, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length)) : 0
  return [a[0] + t * dx, a[1] + t * dy]
}

export function area (polygon) {
  return Math.abs(walls(polygon).reduce((sum, [a, b]) => sum + a[0] * b[1] - b[0] * a[1], 0)) / 2
}

export function holds (polygon, [x, y]) {
  let inside = false
  for (const [[x1, y1], [x2, y2]] of walls(polygon)) {
    if ((y1 > y) !== (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) inside = !inside
  }
  return inside
}

export function box (points) {
  const xs = points.map(p => p[0])
  const ys = points.map(p => p[1])
  return { west: Math.min(...xs), north: Math.min(...ys), east: Math.max(...xs), south: Math.max(...ys) }
}

export const rectangle = ([x1, y1], [x2, y2]) => [
  [Math.min(x1, x2), Math.min(y1, y2)], [Math.max(x1, x2), Math.min(y1, y2)],
  [Math.max(x1, x2), Math.max(y1, y2)], [Math.min(x1, x2), Math.max(y1, y2)]
]

// To a corner within reach, else to the line of one, else to the grid.
export function snap (point, corners, reach, grid = 0.1) {
  let best = null
  for (const corner of corners) if (far(corner, point) < reach && (!best || far(corner, point) < far(best, point))) best = corner
  if (best) return [...best]
  return [0, 1].map(axis => {
    let line = Math.round(point[axis] / grid) * grid
    let gap = reach / 2
    for (const corner of corners) {
      const off = Math.abs(corner[axis] - point[axis])
      if (off < gap) { gap = off; line = corner[axis] }
    }
    return round(line)
  })
}

// The wall within reach, of a room before a corridor: people leave rooms by doors.
export function wallAt (rooms, point, reach, isWay) {
  let best = null
  rooms.forEach((room, index) => {
    for (const wall of walls(room.polygon)) {
      const at = nearest(wall, point)
      const cost = far(at, point) + (isWay(room) ? reach / 4 : 0)
      if (far(at, point) < reach && (!best || cost < best.cost)) best = { index, wall, at: at.map(round), cost }
    }
  })
  return best
}

// The two halves across the longer side; an outline that bends back keeps its parts joined along the cut.
export function halves (polygon) {
  const around = box(polygon)
  const axis = around.east - around.west >= around.south - around.north ? 0 : 1
  const cut = Math.round(5 * (axis ? around.north + around.south : around.west + around.east)) / 10
  return [1, -1].map(side => {
    const kept = []
    for (const [a, b] of walls(polygon)) {
      const [da, db] = [side * (a[axis] - cut), side * (b[axis] - cut)]
      if (da <= 0) kept.push(a)
      if (da * db < 0) kept.push(a.map((value, i) => round(value + (b[i] - value) * da / (da - db))))
    }
    return kept
  })
}
