// The key stays in this tab: sent with requests of this page, never put into a URL.
const NAME = 'crank-key';
const form = document.querySelector('#key');
const field = document.querySelector('#key-text');
const forget = document.querySelector('#forget');
const said = document.querySelector('#said');

const show = async (key) => {
  said.textContent = '…';
  const answer = await fetch('/docs', { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok) {
    const problem = await answer.json();
    said.textContent = problem.detail;
    sessionStorage.removeItem(NAME);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.querySelector('main').replaceWith(document.adoptNode(page.querySelector('main')));
  sessionStorage.setItem(NAME, key);
  said.textContent = '';
  field.value = '';
  forget.hidden = false;
  if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const key = field.value.trim();
  if (key !== '') void show(key);
});
forget.addEventListener('click', () => {
  sessionStorage.removeItem(NAME);
  location.reload();
});
document.addEventListener('click', async (event) => {
  const button = event.target.closest('.copy');
  if (button === null) return;
  await navigator.clipboard.writeText(button.parentElement.querySelector('code').textContent);
  button.textContent = 'Copied';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
});

const kept = sessionStorage.getItem(NAME);
if (kept !== null) void show(kept);
