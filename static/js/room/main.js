import './elements/presence.js';
import { RoomPage } from './elements/room-page.js';

// last of all, so that everything inside it is known when it starts
customElements.define('onmeet-room', RoomPage);
