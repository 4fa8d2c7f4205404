import { mount } from 'svelte';

import App from './App.svelte';
import { language } from './i18n';
import { router } from './router/router.svelte';
import { live } from './state/live.svelte';
import './styles/app.css';

language.restore();
router.start();
live.followVisibility();

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
export default mount(App, { target });
